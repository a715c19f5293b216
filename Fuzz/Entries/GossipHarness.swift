// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Frames about a cluster, as members send them to a node that belongs to it.
///
/// The first byte of an input chooses a scene; then come frames: a byte that says which one, by
/// whom, after how long and whether it is put right, u16 length, body. The first bit of the length is none
/// of it: with it the frames are those from 28 on. Put right are: the records (five bytes for each,
/// ``RecordScript``), ids (a byte for each), buckets of a digest that differ, heads, the secret of the
/// epoch that counts, and the members of a call.
struct GossipHarness: Sendable {
    static let shared = GossipHarness()

    static let frameCountMax = 8
    /// The first byte of inputs for the crowd is at least that one.
    static let crowdByteMin: UInt8 = 0xf0
    private let scenes: [GossipScene]

    init() {
        self.scenes = GossipScene.all
    }

    func run(_ input: [UInt8]) {
        guard let first = input.first else { return }
        var play = GossipPlay(
            first < Self.crowdByteMin
                ? self.scenes[Int(first) % self.scenes.count] : GossipScene.crowd)
        var reader = ByteReader(input.dropFirst())
        for _ in 0..<Self.frameCountMax {
            guard let kind = reader.uint8(), let length = reader.uint16(),
                let body = reader.take(Int(length & 0x7fff))
            else { break }
            play.receive(Self.type(kind, length), kind, Array(body))
        }
        play.end()
    }

    /// Which frame the first three bytes of one say.
    static func type(_ kind: UInt8, _ length: UInt16) -> UInt8 {
        guard length & 0x8000 != 0 else { return 20 + kind & 7 }
        return kind & 7 == 7 ? 37 : 28 + kind & 3
    }

    var seeds: [[UInt8]] {
        self.scenes.indices.flatMap { number in
            self.scenes[number].frames.map { [UInt8(number)] + $0 }
        } + GossipScene.calls.map { [Self.crowdByteMin] + $0 }
    }
}

/// One input at a node.
struct GossipPlay {
    private let scene: GossipScene
    private(set) var host: Host
    private var now: Moment
    private var script: RecordScript.Play

    init(_ scene: GossipScene) {
        self.scene = scene
        self.host = scene.host
        self.now = scene.now
        self.script = scene.script.play([])
    }

    mutating func receive(_ type: UInt8, _ kind: UInt8, _ body: [UInt8]) {
        let waits: [Duration] = [.zero, .milliseconds(800), .seconds(31), .seconds(21_600)]
        let wait = waits[Int(kind >> 4 & 3)]
        if wait > .zero {
            self.now = Moment(instant: self.now.instant + wait, wall: self.now.wall + wait)
            for _ in 0..<4 where self.host.node.deadline.map({ $0 <= self.now.instant }) ?? false {
                self.hand(.timer)
            }
        }
        let isOurs = kind & 0x80 == 0
        let cluster = isOurs ? self.scene.cluster.bytes : [UInt8](repeating: 9, count: 16)
        let bodies = kind & 0x40 == 0 ? [body] : self.fitting(type, body)
        for body in bodies {
            let frame = [type] + cluster + body
            if let read = Frame(frame) { precondition(read.bytes == frame, "one spelling") }
            guard let packet = self.packet(frame, from: Int(kind >> 3 & 1)) else { return }
            let isQuiet = self.host.node.deadline.map { $0 > self.now.instant } ?? true
            let wasConnected = self.isConnected(Int(kind >> 3 & 1))
            self.hand(.opened(packet))
            if type == 31, isQuiet, wasConnected { self.checkCall(frame) }
            guard !isOurs, isQuiet, wasConnected else { continue }
            precondition(
                self.host.lastOutputs.allSatisfy { !Self.concernsClusters($0) },
                "a frame about another cluster does nothing")
        }
    }

    /// A restart finds everything as it was.
    mutating func end() {
        let former = self.host.node.live.map { ($0.id, $0.roster, $0.heads, $0.places) }
        let (state, before) = (self.host.store.state, self.scene.host.store.state)
        guard
            state.records != before.records || state.clusters != before.clusters
                || state.endpointRecords != before.endpointRecords
        else { return }
        var sent: [Host.Sent] = []
        self.host.restart(now: self.now, sent: &sent)
        let now = self.host.node.live.map { ($0.id, $0.roster, $0.heads, $0.places) }
        precondition(former.map(\.0) == now.map(\.0), "the same clusters")
        precondition(former.map(\.1) == now.map(\.1), "the same rosters")
        precondition(former.map(\.2) == now.map(\.2), "the same records")
        precondition(former.map(\.3) == now.map(\.3), "the same places")
        self.check()
    }

    private mutating func hand(_ input: Input) {
        var sent: [Host.Sent] = []
        self.host.handle(input, now: self.now, sent: &sent)
        precondition(sent.allSatisfy { $0.bytes.count <= Constants.datagramByteCountMax })
        precondition(sent.count <= 256, "a frame has bounded effects")
        self.check()
    }

    private func isConnected(_ number: Int) -> Bool {
        let id = self.scene.peers[number % self.scene.peers.count]
        return self.host.node.relations[id]?.isConnected ?? false
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

    private static func concernsClusters(_ output: Output) -> Bool {
        switch output {
        case .sendSealed(_, _, let plaintext, _):
            plaintext.first.map { (20...36).contains($0) } ?? false
        case .persist(.record), .persist(.cluster), .persist(.deleteCluster),
            .persist(.endpointRecord), .persist(.notice), .persist(.deleteNotice),
            .persist(.relation), .persist(.deleteRelation):
            true
        default: false
        }
    }

    /// A call goes on once, with a hop less.
    private func checkCall(_ frame: [UInt8]) {
        let passed = self.host.lastOutputs.compactMap { output -> [UInt8]? in
            guard case .sendSealed(_, _, let plaintext, _) = output, plaintext.first == 31 else {
                return nil
            }
            return plaintext
        }
        precondition(passed.count <= 1, "a call goes on once")
        for call in passed {
            precondition(call.dropLast() == frame.dropLast(), "the same call")
            precondition(call.last.map { Int($0) + 1 } == frame.last.map(Int.init), "a hop less")
        }
    }

    /// What holds whatever members send.
    private func check() {
        let node = self.host.node
        for live in node.live {
            precondition(live.pulls.count <= Constants.gossipPullCountMax)
            precondition(live.earlySecrets.count <= Constants.epochCountMax)
            precondition(live.set?.waitingCount ?? 0 <= 1_000)
        }
        for record in self.host.store.state.clusters {
            precondition(record.epochs.count <= Constants.epochCountMax)
            let own = node.live.first { $0.id == record.id }?.roster?.member(
                record.membership.member)
            precondition(
                record.standing != .member || own?.status == .present || own?.status == .waiting,
                "who is no member does not go on as one")
        }
        for output in self.host.lastOutputs {
            guard case .sendSealed(let session, _, let plaintext, _) = output,
                plaintext.first == 26
            else { continue }
            let relation = node.ids.compactMap { node.relations[$0] }.first {
                $0.sessions.contains { $0.index == session }
            }
            guard let relation, let member = relation.record.member,
                let roster = node.live.first(where: { $0.id == relation.record.cluster })?.roster
            else { continue }
            precondition(roster.isPresent(member), "members alone get a secret")
        }
    }

    /// Bodies that mean what the bytes say.
    private mutating func fitting(_ type: UInt8, _ body: [UInt8]) -> [[UInt8]] {
        let primitives = self.scene.script.maker.primitives
        var writer = ByteWriter()
        switch type {
        case 20:
            let heads = self.script.set.headsHash(primitives)
            writer.put(heads)
            writer.put([UInt8](repeating: body.first ?? 0, count: 16))
            writer.put(UInt32(body.last ?? 0))
        case 21:
            writer.put(UInt16(body.first ?? 0) &* 32)
            var digest = self.script.set.digest(primitives).bytes
            for bucket in body.dropFirst() { digest[16 * Int(bucket & 63)] ^= bucket | 1 }
            writer.put(digest)
        case 22, 23:
            if type == 22 {
                writer.put(UInt16(body.first ?? 0) &* 32)
                writer.put(UInt16(body.last ?? 0))
            }
            for choice in body.dropFirst().prefix(GossipFrame.idCountMax) {
                let records = self.script.records
                writer.put(
                    records.isEmpty
                        ? self.scene.script.maker.genesis.id
                        : records[Int(choice) % records.count].id)
            }
        case 24:
            let count = self.script.records.count
            for start in stride(from: 0, through: min(body.count, 80) - 5, by: 5) {
                self.scene.script.step(Array(body[start..<start + 5]), &self.script)
            }
            let new = self.script.records.dropFirst(count).map(\.bytes)
            return (body.last ?? 0) & 1 == 1 ? new.reversed() : Array(new)
        case 26: return self.welcomes(body)
        case 31:
            let members = self.host.node.live.first?.roster?.members.map(\.id) ?? []
            guard !members.isEmpty, body.count >= 3 else { return [body] }
            for choice in body.prefix(2) { writer.put(members[Int(choice) % members.count]) }
            writer.put(body[2] % 17)
        case 37:
            let members = self.host.node.live.first?.roster?.members.map(\.id) ?? []
            writer.put((body.first ?? 0) & 1)
            guard !members.isEmpty, body.first.map({ $0 & 1 == 1 }) ?? false else { break }
            let chosen = Set(body.dropFirst().map { members[Int($0) % members.count] })
            for member in chosen.sorted().prefix(GossipFrame.linkCountMax) { writer.put(member) }
        default: return [body]
        }
        return [writer.bytes]
    }

    /// The secret of the newest epoch, as its author would give it.
    private func welcomes(_ body: [UInt8]) -> [[UInt8]] {
        let primitives = self.scene.script.maker.primitives
        return self.script.records.suffix(4).compactMap { record in
            guard case .epoch(let epoch) = record.body else { return nil }
            var writer = ByteWriter()
            writer.put(epoch.number)
            writer.put(record.id)
            let secrets = (UInt8(0)..<8).map { RecordScript.secret($0) }
            let secret = secrets.first { primitives.hash($0) == epoch.secretHash }
            writer.put(secret ?? RecordScript.secret(body.first ?? 0))
            writer.put(name: "Home")
            return writer.bytes
        }
    }
}
