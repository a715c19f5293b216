// SPDX-License-Identifier: Apache-2.0

/// Every key that two codes give, and what is derived from them (PROTOCOL.md §4).
struct KeySchedule {
    let primitives: any Primitives

    /// SHA-256("spockex/1 meeting" | u16 length | offer | u16 length | answer), 32 bytes.
    func meeting(offer: [UInt8], answer: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("spockex/1 meeting".utf8)
        writer.put(UInt16(offer.count))
        writer.put(offer)
        writer.put(UInt16(answer.count))
        writer.put(answer)
        return self.primitives.hash(writer.bytes)
    }

    /// HKDF-Extract(meeting, A's salt | B's salt), 32 bytes.
    func prk(meeting: [UInt8], offeringSalt: Secret, answeringSalt: Secret) -> Secret {
        self.primitives.extract(
            salt: meeting, secret: Secret(joining: offeringSalt, answeringSalt))
    }

    /// The keys of the relation as `role` holds them; nil when the other's key is of small order.
    func relationKeys(
        role: MeetingRole, ownKey: AgreementKey, peer: MeetingCode, ownSalt: Secret,
        offer: [UInt8], answer: [UInt8]
    ) -> RelationKeys? {
        guard let shared = self.primitives.agree(ownKey, peer.key) else { return nil }
        let isOffering = role == .offering
        let meeting = self.meeting(offer: offer, answer: answer)
        let prk = self.prk(
            meeting: meeting, offeringSalt: isOffering ? ownSalt : peer.salt,
            answeringSalt: isOffering ? peer.salt : ownSalt)
        let root = prk.withBytes { self.primitives.extract(salt: $0, secret: shared) }
        let offeringMAC = self.expand(root, "spockex/1 mac AB")
        let answeringMAC = self.expand(root, "spockex/1 mac BA")
        return RelationKeys(
            peerPID: peer.pid, peerKey: peer.key, meeting: meeting,
            psk: self.expand(prk, "spockex/1 noise psk"),
            sendMAC: isOffering ? offeringMAC : answeringMAC,
            receiveMAC: isOffering ? answeringMAC : offeringMAC)
    }

    /// HKDF(salt, "spockex/1 gone" | pid), 16 bytes: what proves that its maker cancelled.
    func cancelToken(salt: Secret, pid: PeerID) -> Secret {
        let prk = self.primitives.extract(salt: [], secret: salt)
        return self.primitives.expand(
            prk, label: Array("spockex/1 gone".utf8) + pid.bytes, byteCount: 16)
    }

    /// The 20 digits that both screens must show, in four groups of five.
    ///
    /// The first 66 bits of SHA-256("spockex/1 safety" | meeting) as a number.
    func safetyNumber(meeting: [UInt8]) -> String {
        let hash = self.primitives.hash(Array("spockex/1 safety".utf8) + meeting)
        var digits = [UInt8](repeating: 0, count: 20)
        for bit in 0..<66 {
            var carry = hash[bit / 8] >> (7 - UInt8(bit % 8)) & 1
            for index in digits.indices.reversed() {
                let doubled = digits[index] * 2 + carry
                digits[index] = doubled % 10
                carry = doubled / 10
            }
        }
        let groups = stride(from: 0, to: 20, by: 5).map { start in
            digits[start..<start + 5].map { String($0) }.joined()
        }
        return groups.joined(separator: " ")
    }

    /// The value that tells of a common cluster without naming it, 8 bytes.
    func clusterMatch(prk: Secret, cluster: ClusterID) -> UInt64 {
        let key = self.expand(prk, "spockex/1 cluster match")
        let mac = self.primitives.hmac(cluster.bytes, key: key)
        return mac.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The secret of a cluster's first epoch: HKDF-Expand(psk, "spockex/1 epoch" | cluster UID), 32 bytes.
    func foundingEpoch(psk: Secret, cluster: ClusterID) -> Secret {
        self.primitives.expand(
            psk, label: Array("spockex/1 epoch".utf8) + cluster.bytes, byteCount: 32)
    }

    private func expand(_ prk: Secret, _ label: String) -> Secret {
        self.primitives.expand(prk, label: Array(label.utf8), byteCount: 32)
    }
}

extension EpochSecret {
    /// The first epoch of a cluster, from the pre-shared key of the meeting that founded it.
    package static func founding(
        _ cluster: ClusterID, psk: Secret, since: WallTime, _ primitives: any Primitives
    ) -> EpochSecret {
        EpochSecret(
            number: 0, record: nil,
            secret: KeySchedule(primitives: primitives).foundingEpoch(psk: psk, cluster: cluster),
            since: since)
    }
}
