// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// The contents of sealed messages: what is read and written anew is what was read.
struct FrameHarness: Sendable {
    static let shared = FrameHarness()

    private let pair: Pair

    init() {
        var pair = Pair(seed: 43, primitives: StandInPrimitives())
        guard pair.meet() != nil else { preconditionFailure("a meeting") }
        pair.run(for: .seconds(1))
        self.pair = pair
    }

    func run(_ input: [UInt8]) {
        if let frame = Frame(input) { Self.check(frame, of: input) }
        if let content = OpeningContent(input) { Self.check(content.bytes, of: input) }
        if let content = ResponseContent(input) {
            Self.check(content.bytes(byteCountMax: input.count), of: input)
        }
        if let content = FoundingContent(input) { Self.check(content.bytes, of: input) }
        if let content = FoundingAnswerContent(input) { Self.check(content.bytes, of: input) }
        if let content = PaddedContent.unpad(input) {
            precondition(PaddedContent.pad(content, to: input.count) == input)
        }
        self.open(input)
    }

    /// A letter of a later version says as much as none, and is written so.
    static func check(_ frame: Frame, of input: [UInt8]) {
        if case .natHint(_, nil) = frame {
            precondition(frame.bytes.count == input.count && Frame(frame.bytes) == frame)
        } else {
            Self.check(frame.bytes, of: input)
        }
    }

    /// All have one spelling, but for what is in 100::/64: that is written as the place of any
    /// relayed path, whatever its number.
    private static func check(_ written: [UInt8], of input: [UInt8]) {
        guard written != input else { return }
        let place: [UInt8] = [6, 1, 0, 0, 0, 0, 0, 0, 0]
        let saysOne = input.indices.contains { input[$0...].starts(with: place) }
        precondition(saysOne && written.count == input.count, "one spelling")
    }

    /// A trusted peer sends it as a packet, from its path and from elsewhere.
    private func open(_ plaintext: [UInt8]) {
        guard let id = self.pair.relation(.bob)?.id,
            let session = self.pair.bob.node.relations[id]?.sessions.last?.index
        else { preconditionFailure("a session") }
        let byteCount = plaintext.count + 32
        for source in [Pair.aliceEndpoint, Endpoint(address: .v4(0xcb00_7101), port: 9)] {
            var node = self.pair.bob.node
            var outputs: [Output] = []
            node.handle(
                .opened(
                    OpenedPacket(
                        session: session, counter: 1 << 20, content: .frame, plaintext: plaintext,
                        source: source, via: SocketID(0), byteCount: byteCount)),
                now: self.pair.now, into: &outputs)
            var answered = 0
            for output in outputs {
                if case .sendSealed(_, _, let bytes, source) = output {
                    answered += bytes.count + 32
                }
            }
            if source != Pair.aliceEndpoint {
                precondition(answered <= byteCount, "an unproved source gets no more than it sent")
            }
        }
    }

    static var contents: [[UInt8]] {
        let endpoint = Pair.aliceEndpoint
        let six = Endpoint(address: .v6(0x2001_0db8_0000_0000, 1), port: 5)
        guard let key = PublicKey(bytes: [UInt8](repeating: 3, count: 32)) else { return [] }
        let part = FoundingPart(
            keys: MemberKeys(signingKey: key, agreementKey: key),
            signature: [UInt8](repeating: 4, count: 64))
        let frames: [Frame] = [
            .ping(token: 1, echo: endpoint), .pong(token: 1, echo: six),
            .challenge(2, echo: endpoint), .challengeAnswer(2, echo: endpoint),
            .addresses(sequence: 1, [endpoint, six]), .addressesAnswer(sequence: 1), .forget,
            .forgetAnswer, .natHint(sequence: 1, .sequential), .natHintAnswer(sequence: 1),
            .seek([RendezvousTag(high: 1, low: 2)]),
            .rest(token: 1, rest: .seconds(9), ordinal: 1),
            .restAnswer(token: 1, ordinal: 1, late: 1, echo: endpoint),
            .sought(nonce: 5, [VeiledTag(high: 3, low: 4)]),
            .found(RendezvousTag(high: 1, low: 2), delay: .seconds(1), [endpoint]),
            .relay(RendezvousTag(high: 1, low: 2), [UInt8](repeating: 0x81, count: 40)),
        ]
        return frames.map(\.bytes) + [
            OpeningContent(
                isTrusted: false, n: 1 << 50, from: 7, intent: .auto, clusterMatches: [1],
                endpoints: [endpoint]
            ).bytes,
            ResponseContent(
                isTrusted: false, n: 1 << 50, to: 7, from: 8, echo: endpoint, intent: .auto,
                clusterMatches: [], memberKeys: part.keys, endpoints: [six]
            ).bytes(byteCountMax: 300),
            FoundingContent(echo: endpoint, part: part, name: "Zoë", endpoints: [endpoint]).bytes,
            FoundingAnswerContent(
                echo: endpoint, signature: part.signature, name: "Zoë", endpoints: [endpoint]
            ).bytes,
        ]
    }

    var seeds: [[UInt8]] { Self.contents + [[0, 2, 1, 2, 0, 0]] }
}
