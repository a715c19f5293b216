// SPDX-License-Identifier: Apache-2.0

/// The chaining key, the running hash and the current cipher of a handshake (Noise §5.2).
package struct SymmetricState: Sendable {
    /// The hash of everything said so far; what both sides compare at the end.
    package private(set) var hash: [UInt8]

    private var chainingKey: Secret
    private var cipher: CipherState
    private let primitives: any Primitives

    /// Starts with the protocol's name: as it is when it fits a hash, else hashed.
    package init(protocolName: String, primitives: any Primitives) {
        let name = Array(protocolName.utf8)
        self.hash =
            name.count <= Self.hashByteCount
            ? name + [UInt8](repeating: 0, count: Self.hashByteCount - name.count)
            : primitives.hash(name)
        self.chainingKey = Secret(self.hash)
        self.cipher = CipherState(key: nil, primitives: primitives)
        self.primitives = primitives
    }

    /// Whether handshake payloads are sealed by now.
    package var hasKey: Bool { self.cipher.hasKey }

    /// Adds public bytes to the hash.
    package mutating func mixHash(_ bytes: UnsafeRawBufferPointer) {
        self.hash = self.primitives.hash(self.hash, bytes)
    }

    /// Adds public bytes to the hash.
    package mutating func mixHash(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.mixHash($0) }
    }

    /// Adds key material to the chaining key and starts a new cipher.
    package mutating func mixKey(_ input: UnsafeRawBufferPointer) {
        let outputs = self.primitives.chain(self.chainingKey, input: input, outputCount: 2)
        self.chainingKey = outputs[0]
        self.cipher = CipherState(key: outputs[1], primitives: self.primitives)
    }

    /// Adds a pre-shared key to the chaining key and the hash, and starts a new cipher.
    package mutating func mixKeyAndHash(_ psk: Secret) {
        let outputs = psk.withBytes {
            self.primitives.chain(self.chainingKey, input: $0, outputCount: 3)
        }
        self.chainingKey = outputs[0]
        outputs[1].withBytes { self.mixHash($0) }
        self.cipher = CipherState(key: outputs[2], primitives: self.primitives)
    }

    /// Seals a part of a message and adds what is sent to the hash.
    package mutating func sealAndHash(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let sealed = try self.cipher.seal(plaintext, associated: self.hash)
        self.mixHash(sealed)
        return sealed
    }

    /// Opens a part of a message and adds what was received to the hash.
    package mutating func openAndHash(
        _ sealed: ArraySlice<UInt8>
    ) throws(NoiseError) -> [UInt8] {
        let plaintext = try self.cipher.open(sealed, associated: self.hash)
        sealed.withUnsafeBytes { self.mixHash($0) }
        return plaintext
    }

    /// The two keys of the transport: initiator to responder, then the other way.
    package func split() -> (Secret, Secret) {
        let outputs = self.primitives.chain(
            self.chainingKey, input: UnsafeRawBufferPointer(start: nil, count: 0), outputCount: 2)
        return (outputs[0], outputs[1])
    }

    private static let hashByteCount = 32
}
