// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Three hosts in different phases, and what their peers could seal for them.
///
/// The first byte of an input chooses host and form, the rest is the datagram (form 0), a datagram
/// whose `pid` and MAC are put right (1), or what is sealed as message 3, 4, a packet, message 1
/// or message 2 (2 to 6). Each input meets the same state: hosts are values.
struct EnvelopeHarness: Sendable {
    static let shared = EnvelopeHarness()

    /// A host that receives, and what the other side of its relation has.
    private struct Scene: Sendable {
        let host: Host
        let record: RelationRecord
        let keys: RelationKeys
        let peerGate: Gate
        let peerSession: UInt32?
        let peerKey: AgreementKey
        let now: Moment
        let attempt: (index: UInt32, n: UInt64, opening: [UInt8])?
    }

    private let primitives = StandInPrimitives()
    private let source = Pair.aliceEndpoint
    private let scenes: [Scene]
    let codes: [[UInt8]]
    let seeds: [[UInt8]]

    init() {
        var codes: [[UInt8]] = []
        var datagrams: [[UInt8]] = []
        var scenes: [Scene] = []
        for phase in 0..<3 {
            var pair = Pair(seed: 42, primitives: StandInPrimitives())
            guard let meeting = pair.meet() else { preconditionFailure("a meeting") }
            codes = [Array(meeting.offer.utf8), Array(meeting.answer.utf8)]
            switch phase {
            case 0: pair.inFlight = []
            case 1: pair.run(for: .milliseconds(10)) { $0.bytes.first != Constants.packetType }
            default: pair.run(for: .seconds(121)) { !$0.bytes.starts(with: [0x7b]) || phase == 1 }
            }
            if phase == 2 { pair.settle() }
            datagrams += pair.log.map(\.bytes)
            scenes.append(Self.scene(pair))
        }
        codes.append(Array(CodeText.refusalLine("busy").utf8))
        self.codes = codes
        self.scenes = scenes
        var seeds = Set(datagrams).sorted { $0.lexicographicallyPrecedes($1) }.prefix(12)
            .flatMap { datagram in (0..<3).map { [UInt8($0 | 1 << 2)] + datagram } }
        let contents = FrameHarness.contents
        for (form, content) in contents.flatMap({ content in (2...6).map { ($0, content) } }) {
            for scene in 0..<3 { seeds.append([UInt8(scene | form << 2)] + content) }
        }
        seeds.append(
            [1 << 2] + EnvelopeWriter.gone(pid: nil, token: [UInt8](repeating: 1, count: 16)))
        self.seeds = seeds
    }

    private static func scene(_ pair: Pair) -> Scene {
        let primitives = StandInPrimitives()
        guard let record = pair.relation(.bob), let keys = record.keys,
            let peer = pair.relation(.alice), let relation = pair.bob.node.relations[record.id],
            let peerKey = primitives.agreementKey(from: peer.ownKey)
        else { preconditionFailure("both have one relation") }
        let attempt = relation.attempts.last
        return Scene(
            host: pair.bob, record: record, keys: keys, peerGate: pair.alice.gate,
            peerSession: pair.alice.gate.sessions.values.map(\.index).max(), peerKey: peerKey,
            now: pair.now, attempt: attempt.map { ($0.index, $0.n, $0.bytes) })
    }

    func run(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let scene = self.scenes[Int(first & 3) % 3]
        let rest = Array(input.dropFirst())
        guard let datagram = self.datagram(rest, form: first >> 2, scene) else { return }
        var host = scene.host
        var sent: [Host.Sent] = []
        let before = host.store.state.relations.count
        host.receive(datagram, from: self.source, now: scene.now, sent: &sent)
        precondition(sent.allSatisfy { $0.bytes.count <= Constants.datagramByteCountMax })
        precondition(host.store.state.relations.count <= before, "no packet makes a relation")
        host.handle(.timer, now: scene.now, sent: &sent)
    }

    private func datagram(_ rest: [UInt8], form: UInt8, _ scene: Scene) -> [UInt8]? {
        switch form {
        case 0: rest
        case 2: self.sealed(rest, .founding, scene)
        case 3: self.sealed(rest, .foundingAnswer, scene)
        case 4: self.sealed(rest, .frame, scene)
        case 5: self.opening(rest, scene)
        case 6: self.response(rest, scene)
        default: self.authentic(rest, scene)
        }
    }

    /// The datagram with the right name and the right MAC, if it is one at all.
    private func authentic(_ bytes: [UInt8], _ scene: Scene) -> [UInt8] {
        guard let envelope = bytes.withUnsafeBytes({ Envelope(scanning: $0) }),
            envelope.kind != .gone, let pid = envelope.pid
        else { return bytes }
        var body = Array(bytes[..<envelope.macOffset])
        let name = Array(pid.description.utf8)
        if let start = body.indices.first(where: { body[$0...].starts(with: name) }) {
            body.replaceSubrange(start..<start + 36, with: scene.record.ownPID.description.utf8)
        }
        let mac = self.primitives.hmac(body, key: scene.keys.receiveMAC).prefix(16)
        body += Array(",\"mac\":\"".utf8)
        Base64URL.append(Array(mac), to: &body)
        return body + Array("\"}".utf8)
    }

    private func sealed(_ plaintext: [UInt8], _ content: SessionContent, _ scene: Scene) -> [UInt8]?
    {
        guard let session = scene.peerSession else { return nil }
        var gate = scene.peerGate
        return gate.apply(
            .sendSealed(session: session, content, plaintext, to: self.source),
            now: scene.now.instant)
    }

    private func handshake(_ role: NoiseRole, _ scene: Scene) -> NoiseHandshake? {
        guard
            let own = self.primitives.agreementKey(from: scene.record.ownKey),
            let ephemeral = self.primitives.agreementKey(
                from: Secret([UInt8](repeating: 5, count: 32)))
        else { return nil }
        return NoiseHandshake.kkpsk0(
            role: role, prologue: scene.keys.meeting, staticKey: scene.peerKey,
            remoteStatic: own.publicKey, psk: scene.keys.psk, ephemeral: ephemeral,
            primitives: self.primitives)
    }

    private func opening(_ content: [UInt8], _ scene: Scene) -> [UInt8]? {
        guard var handshake = self.handshake(.initiator, scene) else { return nil }
        // The outer fields repeat the inner ones wherever the content has them.
        var reader = ByteReader(content)
        _ = reader.uint8()
        let n = min(reader.uint64() ?? 0, Constants.integerLimit - 1)
        let writer = EnvelopeWriter.opening(
            pid: scene.record.ownPID, from: reader.uint32() ?? 0, n: n)
        let room = writer.payloadByteCountMax(byteCountMax: Constants.openingByteCount) - 48
        guard let padded = PaddedContent.pad(content, to: room),
            let payload = try? handshake.write(padded)
        else { return nil }
        return writer.finish(payload: payload, key: scene.keys.receiveMAC, self.primitives)
    }

    private func response(_ content: [UInt8], _ scene: Scene) -> [UInt8]? {
        guard let attempt = scene.attempt, var handshake = self.handshake(.responder, scene),
            let envelope = attempt.opening.withUnsafeBytes({ Envelope(scanning: $0) }),
            let range = envelope.payload,
            let question = attempt.opening.withUnsafeBytes({
                Base64URL.decode(UnsafeRawBufferPointer(rebasing: $0[range]))
            }), (try? handshake.read(question)) != nil
        else { return nil }
        // n and index of the attempt are put right, so that the rest is looked at.
        var fitting = content
        var head = ByteWriter()
        head.put(attempt.n)
        head.put(attempt.index)
        if fitting.count >= 13 { fitting.replaceSubrange(1..<13, with: head.bytes) }
        var reader = ByteReader(fitting.dropFirst(13))
        let writer = EnvelopeWriter.response(
            pid: scene.record.ownPID, to: attempt.index, from: reader.uint32() ?? 0,
            echo: self.source)
        let room =
            writer.payloadByteCountMax(byteCountMax: Constants.responseByteCounts.upperBound) - 48
        guard let padded = PaddedContent.pad(fitting, to: room),
            let payload = try? handshake.write(padded)
        else { return nil }
        return writer.finish(payload: payload, key: scene.keys.receiveMAC, self.primitives)
    }
}
