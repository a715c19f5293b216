// SPDX-License-Identifier: Apache-2.0

extension RecordDraft {
    static func place(_ reader: inout ByteReader) throws(RecordError) -> RecordPlace {
        guard let author = reader.memberID(), let position = reader.uint32(),
            let previous = reader.recordID(), let count = reader.uint8()
        else { throw .wrongLength }
        guard position > 0, count <= ClusterLimits.parentCountMax else { throw .badField }
        var parents: [RecordID] = []
        for _ in 0..<count {
            guard let parent = reader.recordID() else { throw .wrongLength }
            guard parent != previous, parents.last.map({ $0 < parent }) ?? true else {
                throw .notCanonical
            }
            parents.append(parent)
        }
        return RecordPlace(
            author: author, position: position, previous: previous, parents: parents)
    }

    static func body(
        _ kind: RecordKind, _ reader: inout ByteReader
    ) throws(RecordError) -> RecordBody {
        switch kind {
        case .genesis:
            guard let meeting = reader.take(32), let offering = reader.memberKeys(),
                let answering = reader.memberKeys()
            else { throw .wrongLength }
            guard offering.signingKey != answering.signingKey else { throw .badField }
            return .genesis(
                Founding(meeting: Array(meeting), offering: offering, answering: answering))
        case .add:
            guard let keys = reader.memberKeys(), let meeting = reader.take(32) else {
                throw .wrongLength
            }
            return .add(keys, meeting: Array(meeting))
        case .confirm:
            guard let member = reader.memberID(), let meeting = reader.take(32) else {
                throw .wrongLength
            }
            return .confirm(member, meeting: Array(meeting))
        case .leave:
            return .leave
        case .remove:
            guard let member = reader.memberID(), let kept = reader.uint32() else {
                throw .wrongLength
            }
            return .remove(Removal(accused: member, kept: kept))
        case .vote:
            guard let proposal = reader.recordID() else { throw .wrongLength }
            return .vote(proposal)
        case .block:
            guard let state = reader.uint8(), let member = reader.memberID() else {
                throw .wrongLength
            }
            guard state <= 1 else { throw .badField }
            return .block(member, isOn: state == 1)
        case .epoch:
            guard let number = reader.uint32(), let gone = reader.take(32),
                let secretHash = reader.take(32)
            else { throw .wrongLength }
            guard number > 0 else { throw .badField }
            return .epoch(
                Epoch(number: number, gone: Array(gone), secretHash: Array(secretHash)))
        case .endpoint:
            return .endpoint(try self.whereabouts(&reader))
        }
    }

    private static func whereabouts(
        _ reader: inout ByteReader
    ) throws(RecordError) -> Whereabouts {
        guard let incarnation = reader.uint64(), let sequence = reader.uint64(),
            let issuedAt = reader.uint64(), let validity = reader.uint32(),
            let count = reader.uint8()
        else { throw .wrongLength }
        guard (1...ClusterLimits.validitySecondsMax).contains(validity),
            count <= ClusterLimits.addressCountMax
        else { throw .badField }
        var addresses: [PublishedAddress] = []
        for _ in 0..<count {
            guard let code = reader.uint8(), let confirmedBy = reader.uint8(),
                let endpoint = reader.endpoint()
            else { throw .wrongLength }
            guard let kind = Candidate.Kind(recordCode: code), endpoint.port != 0 else {
                throw .badField
            }
            addresses.append(
                PublishedAddress(endpoint: endpoint, kind: kind, confirmedBy: confirmedBy))
        }
        guard let letter = reader.uint8(), let nameCount = reader.uint8(),
            let nameBytes = reader.take(Int(nameCount))
        else { throw .wrongLength }
        let nat = NATHint(rawValue: letter)
        guard nat != nil || letter == 0, let name = DisplayName.clean(Array(nameBytes)) else {
            throw .badField
        }
        return Whereabouts(
            incarnation: incarnation, sequence: sequence, issuedAt: issuedAt,
            validitySeconds: validity, addresses: addresses, nat: nat, name: name)
    }

    /// The bytes of a content, whether or not they would be accepted.
    static func content(
        _ body: RecordBody, at place: RecordPlace?, of member: MemberID?
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.put(body.kind.rawValue)
        if let member { writer.put(member) }
        if let place {
            writer.put(place.author)
            writer.put(place.position)
            writer.put(place.previous)
            writer.put(UInt8(truncatingIfNeeded: place.parents.count))
            for parent in place.parents { writer.put(parent) }
        }
        writer.put(body)
        return writer.bytes
    }
}

extension ByteWriter {
    fileprivate mutating func put(_ body: RecordBody) {
        switch body {
        case .genesis(let founding):
            self.put(founding.meeting)
            self.put(founding.offering)
            self.put(founding.answering)
        case .add(let keys, let meeting):
            self.put(keys)
            self.put(meeting)
        case .confirm(let member, let meeting):
            self.put(member)
            self.put(meeting)
        case .leave:
            break
        case .remove(let removal):
            self.put(removal.accused)
            self.put(removal.kept)
        case .vote(let proposal):
            self.put(proposal)
        case .block(let member, let isOn):
            self.put(UInt8(isOn ? 1 : 0))
            self.put(member)
        case .epoch(let epoch):
            self.put(epoch.number)
            self.put(epoch.gone)
            self.put(epoch.secretHash)
        case .endpoint(let whereabouts):
            self.put(whereabouts.incarnation)
            self.put(whereabouts.sequence)
            self.put(whereabouts.issuedAt)
            self.put(whereabouts.validitySeconds)
            self.put(UInt8(truncatingIfNeeded: whereabouts.addresses.count))
            for address in whereabouts.addresses {
                self.put(address.kind.recordCode)
                self.put(address.confirmedBy)
                self.put(address.endpoint)
            }
            self.put(whereabouts.nat?.rawValue ?? 0)
            self.put(name: whereabouts.name)
        }
    }
}

extension Candidate.Kind {
    fileprivate init?(recordCode: UInt8) {
        switch recordCode {
        case 1: self = .lan
        case 2: self = .ipv6
        case 3: self = .mapped
        case 4: self = .observed
        case 5: self = .ipgetter
        default: return nil
        }
    }

    fileprivate var recordCode: UInt8 {
        switch self {
        case .lan: 1
        case .ipv6: 2
        case .mapped: 3
        case .observed: 4
        case .ipgetter: 5
        }
    }
}
