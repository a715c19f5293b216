// SPDX-License-Identifier: Apache-2.0
import Entanglement

extension PortMapper {
    /// Takes a datagram of a router; all others change nothing.
    mutating func receive(
        _ bytes: [UInt8], from source: Endpoint,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let isRouter = source.address == self.network.gateway
        let isRouter6 = source.address == self.network.gateway6
        guard isRouter || isRouter6, let version = bytes.first else { return }
        switch (version, source.port) {
        case (NATPMP.version, NATPMP.serverPort):
            guard isRouter, let response = try? NATPMPResponse(parsing: bytes) else { return }
            self.receive(response, &turn)
        case (PCPMessage.version, NATPMP.serverPort):
            guard let response = try? PCPResponse(parsing: bytes) else { return }
            self.receive(response, isIPv6: !isRouter, &turn)
        default:
            self.upnp.receive(bytes, from: source.address, &turn)
        }
    }

    // MARK: NAT-PMP

    private mutating func receive(
        _ response: NATPMPResponse, _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        guard let index = self.openings.firstIndex(where: { !$0.inner.address.isIPv6 }) else {
            return
        }
        // NAT-PMP itself has no other version: this answers a PCP request (RFC 6887 §9).
        if case .failure(_, .unsupportedVersion, _) = response.content {
            self.openings[index].rule(out: .pcp, &self.upnp, &turn)
            return
        }
        let opening = self.openings[index]
        guard opening.natpmp?.listens(to: response.content) ?? false else { return }
        let heard = self.natpmpEpoch.hear(response.epoch, now: turn.now)
        if case .externalAddress(let address) = response.content,
            !(opening.natpmp?.awaitsAddress ?? false)
        {
            let isOther = opening.lease.map { $0.external.address != address } ?? true
            let isLate = self.openings[index].takeLateAddress()
            self.takeAnnouncement(
                isLate && heard == .first ? .continuous : heard, tellsOther: isOther,
                isIPv6: false, &turn)
            return
        }
        let isBeingMended = opening.lease?.method == .natpmp
        if heard == .restarted, isBeingMended { self.openings[index].doubt() }
        self.openings[index].receive(response.content, &self.upnp, &turn)
        if heard == .restarted {
            self.takeAnnouncement(
                heard, tellsOther: false, isIPv6: false, answered: isBeingMended ? index : nil,
                &turn)
        }
    }

    // MARK: PCP

    private mutating func receive(
        _ response: PCPResponse, isIPv6: Bool,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let isAnnouncement = response.content == .announce
        if isAnnouncement, response.result == .unsupportedVersion {
            guard let index = self.openings.firstIndex(where: { !$0.inner.address.isIPv6 }) else {
                return
            }
            self.openings[index].rule(out: .natpmp, &self.upnp, &turn)
            return
        }
        let owner = self.openings.firstIndex {
            $0.inner.address.isIPv6 == isIPv6 && $0.pcp?.isAnswered(by: response) ?? false
        }
        guard isAnnouncement || owner != nil else { return }
        let heard =
            isIPv6
            ? self.pcpEpoch6.hear(response.epoch, now: turn.now)
            : self.pcpEpoch.hear(response.epoch, now: turn.now)
        if let owner {
            if heard == .restarted { self.openings[owner].doubt() }
            self.openings[owner].receive(response, &self.upnp, &turn)
        }
        if isAnnouncement || heard == .restarted {
            self.takeAnnouncement(
                heard, tellsOther: false, isIPv6: isIPv6, answered: owner, &turn)
        }
    }

    // MARK: Announcements

    /// The router says something unasked: what it may have forgotten is asked for again.
    ///
    /// Only the answers are believed. `tellsOther`: it tells another address than we know;
    /// `answered`: whose answer it was said with, who needs not ask again.
    private mutating func takeAnnouncement(
        _ heard: RouterEpoch.Verdict, tellsOther: Bool, isIPv6: Bool, answered: Int? = nil,
        _ turn: inout MapperTurn<some RandomNumberGenerator>
    ) {
        let pauseBegan = isIPv6 ? self.announcedAt6 : self.announcedAt
        if let pauseBegan, turn.now - pauseBegan < Limits.announcementPause { return }
        let isNews = heard != .continuous || tellsOther
        for index in self.openings.indices where index != answered {
            let opening = self.openings[index]
            let isFromThere =
                opening.inner.address.isIPv6 == isIPv6
                || !isIPv6 && opening.lease?.method == .upnp
            guard isFromThere, isNews && opening.lease != nil || opening.isIdle else { continue }
            if isIPv6 { self.announcedAt6 = turn.now } else { self.announcedAt = turn.now }
            self.openings[index].refresh(
                isDoubtful: heard == .restarted, &self.upnp, &turn)
        }
    }
}
