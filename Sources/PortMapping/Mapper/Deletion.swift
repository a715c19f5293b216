// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The end of a mapping on its way to the router: repeated until it is confirmed.
///
/// PCP and NAT-PMP alone: UPnP has connections, and ``UPnPSession`` its own queue.
struct Deletion: Sendable {
    /// The mapping that is to end.
    enum Mapping: Sendable, Equatable {
        case pcp(PCPNonce)
        case natpmp
    }

    let mapping: Mapping
    let inner: Endpoint
    let server: Endpoint
    /// Whether the router has said that there is something to delete.
    let isOfGrant: Bool
    private var bytes: [UInt8]
    /// The request for the shortest lease instead, for a router that refuses the deletion.
    private var shortening: [UInt8]?
    private var isShortening = false
    private var sendCount = 0
    private(set) var dueAt: Instant

    /// The deletion, sent for the first time.
    init(
        _ mapping: Mapping, of inner: Endpoint, at server: Endpoint, isOfGrant: Bool,
        _ bytes: [UInt8], shortening: [UInt8]? = nil,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        self.mapping = mapping
        self.inner = inner
        self.server = server
        self.isOfGrant = isOfGrant
        self.bytes = bytes
        self.shortening = shortening
        self.dueAt = turn.now
        self.send(&turn)
    }

    /// Sends it again when it is time; whether it goes on.
    mutating func timer(_ turn: inout MapperTurn<some RandomNumberGenerator>) -> Bool {
        guard self.dueAt <= turn.now else { return true }
        guard self.sendCount < Limits.deletionSendCount else { return false }
        self.send(&turn)
        return true
    }

    /// Whether the router says that it is done, or that it will not do it.
    func isAnswered(by bytes: [UInt8], from source: Endpoint) -> Bool {
        guard source == self.server else { return false }
        switch self.mapping {
        case .pcp(let nonce):
            guard let response = try? PCPResponse(parsing: bytes),
                case .map(let mapping) = response.content, mapping.nonce == nonce,
                mapping.internalPort == self.inner.port
            else { return false }
            return self.isShortening || response.result != .success || response.lifetime == 0
        case .natpmp:
            guard let response = try? NATPMPResponse(parsing: bytes) else { return false }
            switch response.content {
            case .mapped(let mapping):
                return mapping.transport == .udp && mapping.lifetime == 0
                    && mapping.internalPort == self.inner.port
            case .failure(let opcode, _, let mapping):
                return opcode == NATPMP.Transport.udp.rawValue
                    && mapping.map { $0.internalPort == self.inner.port } ?? true
            case .externalAddress: return false
            }
        }
    }

    /// Asks for the shortest lease if the router will not delete; whether there is that to ask.
    ///
    /// miniupnpd 2.3.1 refuses to delete a pinhole that was renewed.
    mutating func shortens(
        after bytes: [UInt8], _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) -> Bool {
        guard let shortening, let response = try? PCPResponse(parsing: bytes),
            response.result == .notAuthorized
        else { return false }
        self.bytes = shortening
        self.shortening = nil
        self.isShortening = true
        self.sendCount = 0
        self.send(&turn)
        return true
    }

    private mutating func send(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        turn.outputs.append(.send(self.bytes, to: self.server, from: self.inner.address))
        self.dueAt = turn.now + Limits.deletionRetransmission * (1 << self.sendCount)
        self.sendCount += 1
    }
}

extension PortMapper {
    /// Whether what a router had opened is deleted and not confirmed yet.
    ///
    /// After ``Input/stop``: who ends may wait for it a little. What may only perhaps have been
    /// opened is deleted too, but a router that never answers is not waited for.
    public var isClosing: Bool {
        self.deletions.contains(where: \.isOfGrant) || self.upnp.isClosing
    }

    mutating func tickDeletions(_ turn: inout MapperTurn<some RandomNumberGenerator>) {
        var kept: [Deletion] = []
        for deletion in self.deletions {
            var deletion = deletion
            if deletion.timer(&turn) { kept.append(deletion) }
        }
        self.deletions = kept
    }

    mutating func confirmDeletion(
        _ bytes: [UInt8], from source: Endpoint,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        var kept: [Deletion] = []
        for deletion in self.deletions {
            var deletion = deletion
            guard deletion.isAnswered(by: bytes, from: source) else {
                kept.append(deletion)
                continue
            }
            if deletion.shortens(after: bytes, &turn) {
                kept.append(deletion)
                continue
            }
            for index in self.remembered.indices
            where self.remembered[index].isClosed(by: deletion) { self.remembered[index].close() }
        }
        self.deletions = kept
    }

    /// Takes up what was deleted with this turn.
    ///
    /// An endpoint that is being opened again has nothing to delete any more: a router has one
    /// table for all protocols, and a repetition could close what has just been opened.
    mutating func keepDeletions(_ turn: MapperTurn<some RandomNumberGenerator>) {
        for deletion in turn.deletions {
            self.deletions.removeAll {
                $0.inner == deletion.inner && $0.mapping == deletion.mapping
            }
            self.deletions.append(deletion)
        }
        self.deletions.removeAll { deletion in
            self.openings.contains { $0.inner == deletion.inner && !$0.isIdle }
        }
    }
}
