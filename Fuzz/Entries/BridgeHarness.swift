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
    private var checks: BridgeChecks

    /// How many datagrams of others went on.
    var carriedCount: Int { self.checks.carried.count }

    init(_ scene: BridgeScene) {
        self.scene = scene
        self.host = scene.host
        self.now = scene.now
        self.checks = BridgeChecks(scene)
    }

    mutating func receive(_ kind: UInt8, _ body: [UInt8]) {
        // The last two: a clock that is put right, by which much is over; sessions do not end by it.
        let waits: [(Duration, wall: Duration)] = [
            (.zero, .zero), (.milliseconds(800), .milliseconds(800)),
            (.seconds(31), .seconds(11 * 86_400)), (.seconds(31), .seconds(31 * 86_400)),
        ]
        let wait = waits[Int(kind >> 4 & 3)]
        if wait.0 > .zero {
            self.now = Moment(instant: self.now.instant + wait.0, wall: self.now.wall + wait.wall)
            for _ in 0..<4 where self.host.node.deadline.map({ $0 <= self.now.instant }) ?? false {
                self.hand(.timer, nil)
            }
        }
        var frame = body
        if kind & 0x40 != 0 {
            guard let right = self.scene.script.frame(body, at: self.now.wall, self.host.node)
            else { return }
            frame = right.bytes
            precondition(Frame(frame) == right, "what is written is read")
        } else if let read = Frame(frame) {
            FrameHarness.check(read, of: frame)
        }
        guard let packet = self.packet(frame, from: Int(kind & 3)) else { return }
        self.hand(.opened(packet), packet)
    }

    /// A restart finds everything as it was.
    mutating func end() {
        let former = self.host.node.live
        let state = self.host.store.state
        guard state.notices != self.scene.host.store.state.notices else { return }
        let held = former.flatMap { live in live.notices.notices.map(\.bytes) }
        precondition(Set(state.notices.map(\.bytes)) == Set(held), "what is held is stored")
        var sent: [Host.Sent] = []
        self.host.restart(now: self.now, sent: &sent)
        let live = self.host.node.live
        precondition(live.map(\.id) == former.map(\.id), "the same clusters")
        let seconds = self.now.wall.unixSeconds
        for (former, live) in zip(former, live) {
            let own = state.clusters.first { $0.id == live.id }?.membership.member
            for notice in former.notices.notices where notice.end > seconds {
                // What is still meant may be said again.
                let now = live.notices.notice(notice.key)
                precondition(
                    notice.author == own ? now?.isMeant == notice.isMeant : now == notice,
                    "a notice as it was")
            }
            let keys = Set(former.notices.notices.map(\.key))
            precondition(live.notices.notices.allSatisfy { keys.contains($0.key) })
        }
        self.checks.check(self.host, nil)
    }

    private mutating func hand(_ input: Input, _ packet: OpenedPacket?) {
        var sent: [Host.Sent] = []
        self.checks.notePolicy(self.host)
        self.host.handle(input, now: self.now, sent: &sent)
        precondition(sent.allSatisfy { $0.bytes.count <= Constants.datagramByteCountMax })
        precondition(sent.count <= 256, "a frame has bounded effects")
        self.checks.check(self.host, packet)
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
}
