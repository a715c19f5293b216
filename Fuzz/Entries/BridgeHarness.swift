// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Frames about bridges, at an end of one and at a member who has a card.
///
/// The first byte of an input chooses a scene; then come frames: a byte that says by whom, after how
/// long and whether it is put right (``BridgeScript``), u16 length, body.
struct BridgeHarness: Sendable {
    static let shared = BridgeHarness()

    static let frameCountMax = 8
    private let scenes: [BridgeScene]

    init() {
        self.scenes = BridgeScene.all
    }

    func run(_ input: [UInt8]) {
        guard let first = input.first else { return }
        var play = BridgePlay(self.scenes[Int(first) % self.scenes.count])
        var reader = ByteReader(input.dropFirst())
        for _ in 0..<Self.frameCountMax {
            guard let kind = reader.uint8(), let count = reader.uint16(),
                let body = reader.take(Int(count))
            else { break }
            play.receive(kind, Array(body))
        }
        play.end()
    }

    var seeds: [[UInt8]] {
        self.scenes.indices.flatMap { number in
            self.scenes[number].seeds.map { [UInt8(number)] + $0 }
        }
    }
}

/// One input at a node.
struct BridgePlay {
    private let scene: BridgeScene
    private(set) var host: Host
    private var now: Moment

    init(_ scene: BridgeScene) {
        self.scene = scene
        self.host = scene.host
        self.now = scene.now
    }

    mutating func receive(_ kind: UInt8, _ body: [UInt8]) {
        let waits: [Duration] = [.zero, .milliseconds(800), .seconds(31), .seconds(21_600)]
        let wait = waits[Int(kind >> 4 & 3)]
        if wait > .zero {
            self.now = Moment(instant: self.now.instant + wait, wall: self.now.wall + wait)
            for _ in 0..<4 where self.host.node.deadline.map({ $0 <= self.now.instant }) ?? false {
                self.hand(.timer)
            }
        }
        var frame = body
        if kind & 0x40 != 0 {
            guard let right = self.scene.script.frame(body, at: self.now.wall, self.host.node)
            else { return }
            frame = right.bytes
            precondition(Frame(frame) == right, "what is written is read")
        } else if let read = Frame(frame) {
            precondition(read.bytes == frame, "one spelling")
        }
        guard let packet = self.packet(frame, from: Int(kind & 1)) else { return }
        self.hand(.opened(packet))
    }

    /// A restart finds everything as it was.
    mutating func end() {
        let former = self.host.node.live.map { $0.notices.notices }
        guard self.host.store.state.notices != self.scene.host.store.state.notices else { return }
        var sent: [Host.Sent] = []
        self.host.restart(now: self.now, sent: &sent)
        let now = self.host.node.live.map { $0.notices.notices }
        for (one, other) in zip(former, now) {
            let keys = Set(one.map(\.key))
            precondition(other.allSatisfy { keys.contains($0.key) }, "no notice comes from nowhere")
        }
        self.check()
    }

    private mutating func hand(_ input: Input) {
        var sent: [Host.Sent] = []
        self.host.handle(input, now: self.now, sent: &sent)
        precondition(sent.allSatisfy { $0.bytes.count <= Constants.datagramByteCountMax })
        precondition(sent.count <= 256, "a frame has bounded effects")
        self.check()
    }

    private func packet(_ frame: [UInt8], from number: Int) -> OpenedPacket? {
        let peers = self.scene.peers
        guard let relation = self.host.node.relations[peers[number % peers.count]],
            let session = relation.sessions.last?.index, let path = relation.path
        else { return nil }
        return OpenedPacket(
            session: session, counter: 1 << 20, content: .frame, plaintext: frame, source: path,
            via: SocketID(0), byteCount: frame.count + 32)
    }

    // MARK: What holds whatever comes

    private func check() {
        let node = self.host.node
        precondition(node.bridgeLinks.count <= self.scene.host.node.bridgeLinks.count)
        for live in node.live {
            let own = self.host.store.state.clusters.first { $0.id == live.id }?.membership.member
            precondition(live.notices.notices.count <= BridgeLimits.noticeCountMax)
            for notice in live.notices.notices {
                self.check(notice, isOwn: notice.author == own)
            }
            let cards = Set(live.bridges.given.filter { $0.author == own }.map(\.id))
            let foreign = Set(live.bridges.foreign.map(\.id))
            for pair in node.across.keys {
                precondition(cards.contains(pair.own), "nobody talks without a card")
                precondition(foreign.contains(pair.other), "nobody talks with whom nobody knows")
            }
        }
        for output in self.host.lastOutputs {
            guard case .sendSealed(let session, .frame, let plaintext, _) = output,
                node.isBridge(session: session)
            else { continue }
            self.checkCrossing(plaintext)
        }
    }

    private func check(_ notice: Notice, isOwn: Bool) {
        guard isOwn else { return }
        switch notice.body {
        case .vote: preconditionFailure("nobody votes for another")
        case .foreign(let bridge, _, let vouched?):
            precondition(bridge == self.scene.script.bridge)
            precondition(vouched.card.origin == self.scene.script.otherAlias)
        case .bridge(let bridge, _): precondition(bridge == self.scene.script.bridge)
        case .card, .foreign: break
        }
    }

    /// Nothing of who is in the cluster goes to the other end.
    private func checkCrossing(_ plaintext: [UInt8]) {
        guard let type = plaintext.first else { return }
        precondition(!(20...30).contains(type), "no word about a cluster crosses")
        guard type != 36 else { return }
        for member in self.scene.members {
            let id = member.bytes
            guard plaintext.count >= id.count else { continue }
            for start in 0...(plaintext.count - id.count) where plaintext[start] == id[0] {
                precondition(
                    Array(plaintext[start..<start + id.count]) != id, "no member's id crosses")
            }
        }
    }
}
