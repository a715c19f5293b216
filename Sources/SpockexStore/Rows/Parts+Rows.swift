// SPDX-License-Identifier: Apache-2.0
import Entanglement

// The columns of a relation's child tables, without the relation's id in front.

extension MeetingCodes {
    var columns: [Column?] {
        [
            Column(self.ownSalt), self.peerSalt.map { Column($0) }, .blob(self.offer),
            self.answer.map { .blob($0) },
        ]
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(
            ownSalt: try row.secret(), peerSalt: try row.optionalSecret(),
            offer: try row.bytes(), answer: try row.optionalBytes())
    }
}

extension RelationKeys {
    var columns: [Column?] {
        [
            Column(self.peerPID), Column(self.peerKey), .blob(self.meeting), Column(self.psk),
            Column(self.sendMAC), Column(self.receiveMAC),
        ]
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(
            peerPID: try row.identifier(), peerKey: try row.publicKey(),
            meeting: try row.bytes(), psk: try row.secret(), sendMAC: try row.secret(),
            receiveMAC: try row.secret())
    }
}

extension CancelTokens {
    var columns: [Column?] {
        [Column(self.own), self.peer.map { Column($0) }]
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(own: try row.secret(), peer: try row.optionalSecret())
    }
}

extension MemberKeys {
    var columns: [Column?] {
        [Column(self.signingKey), Column(self.agreementKey)]
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(signingKey: try row.publicKey(), agreementKey: try row.publicKey())
    }
}

extension FoundingPart {
    var columns: [Column?] {
        self.keys.columns + [.blob(self.signature)]
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(keys: try MemberKeys(from: &row), signature: try row.bytes())
    }
}

extension Endpoint {
    /// Reads address and port.
    init(from row: inout RowReader) throws(StoreError) {
        let address = try row.bytes { IPAddress(bytes: $0) }
        self.init(address: address, port: try row.integer())
    }
}
