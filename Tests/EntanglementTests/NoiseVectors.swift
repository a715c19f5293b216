// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

/// The Noise handshakes of all vector files: byte for byte, and all of the negative ones refused.
@Suite struct NoiseVectors {
    static let files = VectorFile.all(in: "noise", having: "vectors")
    static let negativeFiles = VectorFile.all(in: "noise", having: "cases")

    @Test(
        .enabled(if: !files.isEmpty, VectorFile.missing("Noise vectors", in: "noise")),
        arguments: files)
    func everyMessageAndHashIsAsPublished(file: VectorFile) throws {
        let vectors = try file.decode(NoiseVectorFile.self).vectors.filter(\.isOurSuite)
        #expect(!vectors.isEmpty, "a file without vectors for 25519_ChaChaPoly_SHA256")
        for vector in vectors {
            var pair = try NoisePair(vector)
            for (index, message) in vector.messages.enumerated() {
                let sent = try pair.send(index, message.payload.bytes)
                #expect(sent == message.ciphertext.bytes, "\(vector.protocolName) \(index)")
                let received = try pair.receive(index, sent)
                #expect(received == message.payload.bytes, "\(vector.protocolName) \(index)")
            }
            let hashes = [pair.initiator.handshakeHash, pair.responder.handshakeHash]
            #expect(hashes[0] == hashes[1], "\(vector.protocolName)")
            if let hash = vector.handshakeHash {
                #expect(hashes[0] == hash.bytes, "\(vector.protocolName)")
            }
            #expect(pair.initiator.isFinished && pair.responder.isFinished)
        }
    }

    @Test(
        .enabled(if: !negativeFiles.isEmpty, VectorFile.missing("negative cases", in: "noise")),
        arguments: negativeFiles)
    func everyNegativeCaseIsRefusedAndSpoilsNothing(file: VectorFile) throws {
        let negative = try file.decode(NegativeFile.self)
        let base = try file.sibling(negative.base).decode(NoiseVectorFile.self).vectors
        #expect(!negative.cases.isEmpty, "a file without cases")
        for (number, one) in negative.cases.enumerated() {
            let vector = try #require(base.indices.contains(one.vector) ? base[one.vector] : nil)
            if let operation = one.op, let index = one.index {
                try Self.refuses(operation, at: index, of: vector, note: one.note, case: number)
            } else {
                try Self.fails(vector.replacing(one), case: number)
            }
        }
    }

    /// The changed message is refused, and the right one is still read after it.
    private static func refuses(
        _ operation: NegativeFile.Operation, at index: Int, of vector: NoiseVector, note: String?,
        case number: Int
    ) throws {
        let changed = try operation.apply(to: vector.messages, at: index)
        var pair = try NoisePair(vector)
        for (earlier, message) in vector.messages[..<index].enumerated() {
            _ = try pair.receive(earlier, pair.send(earlier, message.payload.bytes))
        }
        let right = try pair.send(index, vector.messages[index].payload.bytes)
        var error: NoiseError?
        do throws(NoiseError) { _ = try pair.receive(index, changed) } catch let thrown {
            error = thrown
        }
        #expect(error != nil, "case \(number) was accepted")
        if note?.hasPrefix("all-zero") == true { #expect(error == .weakKey, "case \(number)") }
        let payload = try pair.receive(index, right)
        #expect(payload == vector.messages[index].payload.bytes, "case \(number)")
    }

    /// Some message of the conversation is refused.
    private static func fails(_ vector: NoiseVector, case number: Int) throws {
        var pair = try NoisePair(vector)
        #expect(throws: NoiseError.self, "case \(number) was accepted") {
            for (index, message) in vector.messages.enumerated() {
                _ = try pair.receive(index, pair.send(index, message.payload.bytes))
            }
        }
    }
}

/// Both ends of one vector's conversation, handshake and transport.
struct NoisePair {
    var initiator: NoiseHandshake
    var responder: NoiseHandshake
    private let isOneWay: Bool
    private let primitives = CryptoPrimitives()
    /// Sender's and receiver's cipher of each direction, as soon as there is one.
    private var ciphers: [NoiseRole: (sending: CipherState, receiving: CipherState)] = [:]

    init(_ vector: NoiseVector) throws {
        let pattern = try #require(
            NoisePattern(protocolName: vector.protocolName), "unknown: \(vector.protocolName)")
        self.isOneWay = pattern.isOneWay
        self.initiator = try Self.handshake(pattern, .initiator, vector.sides.initiator)
        self.responder = try Self.handshake(pattern, .responder, vector.sides.responder)
    }

    /// What the sender of message `index` sends.
    mutating func send(_ index: Int, _ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        let role = self.sender(of: index)
        let isFinished = role == .initiator ? self.initiator.isFinished : self.responder.isFinished
        if isFinished {
            self.split()
            return try self.ciphers[role]?.sending.seal(payload) ?? []
        }
        return role == .initiator
            ? try self.initiator.write(payload) : try self.responder.write(payload)
    }

    /// What the receiver of message `index` reads from these bytes.
    mutating func receive(_ index: Int, _ bytes: [UInt8]) throws(NoiseError) -> [UInt8] {
        let role = self.sender(of: index)
        let isFinished = role == .initiator ? self.responder.isFinished : self.initiator.isFinished
        if isFinished { return try self.ciphers[role]?.receiving.open(bytes[...]) ?? [] }
        return role == .initiator ? try self.responder.read(bytes) : try self.initiator.read(bytes)
    }

    private func sender(of index: Int) -> NoiseRole {
        self.isOneWay || index.isMultiple(of: 2) ? .initiator : .responder
    }

    private mutating func split() {
        guard self.ciphers.isEmpty else { return }
        let (mine, theirs) = (self.initiator.split(), self.responder.split())
        func cipher(_ key: Secret) -> CipherState {
            CipherState(key: key, primitives: self.primitives)
        }
        self.ciphers[.initiator] = (
            cipher(mine.initiatorToResponder), cipher(theirs.initiatorToResponder)
        )
        self.ciphers[.responder] = (
            cipher(theirs.responderToInitiator), cipher(mine.responderToInitiator)
        )
    }

    private static func handshake(
        _ pattern: NoisePattern, _ role: NoiseRole, _ side: NoiseVector.Side
    ) throws -> NoiseHandshake {
        let primitives = CryptoPrimitives()
        func key(_ hex: Hex?) -> AgreementKey? {
            hex.flatMap { primitives.agreementKey(from: Secret($0.bytes)) }
        }
        let needsRemote = pattern.needsRemoteStatic(role)
        let remote =
            try needsRemote ? #require(PublicKey(bytes: side.remoteStatic?.bytes ?? [])) : nil
        try #require(!pattern.needsStaticKey(role) || side.staticKey != nil)
        try #require(pattern.pskCount == side.psks.count)
        return NoiseHandshake(
            pattern: pattern, role: role, prologue: side.prologue, staticKey: key(side.staticKey),
            remoteStatic: remote, psks: side.psks.map { Secret($0.bytes) },
            ephemeral: key(side.ephemeral), primitives: primitives)
    }
}

/// The layout that cacophony and snow publish.
struct NoiseVectorFile: Decodable {
    let vectors: [NoiseVector]
}

struct NoiseVector: Decodable {
    struct Message: Decodable {
        let payload: Hex
        let ciphertext: Hex
    }

    struct Side {
        let prologue: [UInt8]
        let psks: [Hex]
        let staticKey: Hex?
        let ephemeral: Hex?
        let remoteStatic: Hex?
    }

    let protocolName: String
    var initPrologue: Hex?
    var initPsks: [Hex]?
    var initStatic: Hex?
    var initEphemeral: Hex?
    var initRemoteStatic: Hex?
    var respPrologue: Hex?
    var respPsks: [Hex]?
    var respStatic: Hex?
    var respEphemeral: Hex?
    var respRemoteStatic: Hex?
    var handshakeHash: Hex?
    let messages: [Message]

    /// Other curves, ciphers and hashes are not ours to check.
    var isOurSuite: Bool { self.protocolName.hasSuffix("_25519_ChaChaPoly_SHA256") }

    var sides: (initiator: Side, responder: Side) {
        (
            Side(
                prologue: self.initPrologue?.bytes ?? [], psks: self.initPsks ?? [],
                staticKey: self.initStatic, ephemeral: self.initEphemeral,
                remoteStatic: self.initRemoteStatic),
            Side(
                prologue: self.respPrologue?.bytes ?? [], psks: self.respPsks ?? [],
                staticKey: self.respStatic, ephemeral: self.respEphemeral,
                remoteStatic: self.respRemoteStatic)
        )
    }

    /// The vector with the one field of a negative case changed.
    func replacing(_ negative: NegativeFile.Case) throws -> NoiseVector {
        let values = try #require(negative.value).values
        var changed = self
        switch try #require(negative.field) {
        case "init_prologue": changed.initPrologue = values[0]
        case "init_psks": changed.initPsks = values
        case "init_static": changed.initStatic = values[0]
        case "init_ephemeral": changed.initEphemeral = values[0]
        case "init_remote_static": changed.initRemoteStatic = values[0]
        case "resp_prologue": changed.respPrologue = values[0]
        case "resp_psks": changed.respPsks = values
        case "resp_static": changed.respStatic = values[0]
        case "resp_ephemeral": changed.respEphemeral = values[0]
        case "resp_remote_static": changed.respRemoteStatic = values[0]
        case let other: Issue.record("unknown field \(other)")
        }
        return changed
    }
}

/// Cases that must be refused, on top of another file.
struct NegativeFile: Decodable {
    struct Case: Decodable {
        let vector: Int
        let index: Int?
        let op: Operation?
        let field: String?
        let value: Value?
        let note: String?
    }

    /// One byte string or a list of them.
    struct Value: Decodable {
        let values: [Hex]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let list = try? container.decode([Hex].self) {
                self.values = list
            } else {
                self.values = [try container.decode(Hex.self)]
            }
        }
    }

    struct Operation: Decodable {
        let op: String
        let byte: Int?
        let bit: Int?
        let to: Int?
        let of: Int?
        let hex: Hex?

        func apply(to messages: [NoiseVector.Message], at index: Int) throws -> [UInt8] {
            var bytes = messages[index].ciphertext.bytes
            switch self.op {
            case "flip": bytes[try #require(self.byte)] ^= 1 << (try #require(self.bit))
            case "truncate": bytes = Array(bytes.prefix(try #require(self.to)))
            case "append": bytes += try #require(self.hex).bytes
            case "message": bytes = messages[try #require(self.of)].ciphertext.bytes
            case "replace": bytes = try #require(self.hex).bytes
            case let other: Issue.record("unknown operation \(other)")
            }
            return bytes
        }
    }

    let base: String
    let cases: [Case]
}
