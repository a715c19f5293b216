// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

/// The examples that the RFCs print: 7748 (X25519), 8439 (AEAD), 5869 (HKDF), 4231 (HMAC).
@Suite struct RFCVectors {
    static let x25519 = VectorFile.all(in: "rfc", having: "x25519", "iterated_from_9")
    static let aead = VectorFile.all(in: "rfc", having: "aead")
    static let hkdf = VectorFile.all(in: "rfc", having: "hkdf_sha256")
    static let hmac = VectorFile.all(in: "rfc", having: "hmac_sha256")

    private let primitives = CryptoPrimitives()

    @Test(
        .enabled(if: !x25519.isEmpty, VectorFile.missing("x25519", in: "rfc")), arguments: x25519)
    func agreements(file: VectorFile) throws {
        let content = try file.decode(X25519File.self)
        let examples = content.x25519 ?? []
        let iterations = (content.iteratedFrom9 ?? [:]).compactMap { count, result in
            Int(count).map { ($0, result) }
        }
        #expect(examples.count + iterations.count > 0, "a file without vectors")
        for one in examples {
            let shared = try self.agree(one.scalar.bytes, one.u.bytes)
            #expect(shared == one.out.bytes)
        }
        // A million rounds is a minute of work and shows nothing more than ten thousand.
        for (count, result) in iterations where count <= 10_000 {
            var scalar: [UInt8] = [9] + [UInt8](repeating: 0, count: 31)
            var point = scalar
            for _ in 0..<count {
                let next = try self.agree(scalar, point)
                (scalar, point) = (next, scalar)
            }
            #expect(scalar == result.bytes, "\(count) rounds")
        }
    }

    @Test(.enabled(if: !aead.isEmpty, VectorFile.missing("aead", in: "rfc")), arguments: aead)
    func seals(file: VectorFile) throws {
        let examples = try file.decode(AEADFile.self).aead
        #expect(!examples.isEmpty, "a file without vectors")
        for one in examples {
            let sealed = one.nonce.bytes.withUnsafeBytes {
                self.primitives.seal(
                    one.plaintext.bytes, key: Secret(one.key.bytes), nonce: $0,
                    associated: one.aad.bytes)
            }
            #expect(sealed == one.ciphertext.bytes + one.tag.bytes)
            let opened = one.nonce.bytes.withUnsafeBytes {
                self.primitives.open(
                    (one.ciphertext.bytes + one.tag.bytes)[...], key: Secret(one.key.bytes),
                    nonce: $0, associated: one.aad.bytes)
            }
            #expect(opened == one.plaintext.bytes)
        }
    }

    @Test(.enabled(if: !hkdf.isEmpty, VectorFile.missing("hkdf", in: "rfc")), arguments: hkdf)
    func derivedKeys(file: VectorFile) throws {
        let examples = try file.decode(HKDFFile.self).hkdfSha256
        #expect(!examples.isEmpty, "a file without vectors")
        for one in examples {
            let prk = self.primitives.extract(salt: one.salt.bytes, secret: Secret(one.ikm.bytes))
            #expect(prk.exposedBytes() == one.prk.bytes)
            let expanded = self.primitives.expand(prk, label: one.info.bytes, byteCount: one.L)
            #expect(expanded.exposedBytes() == one.okm.bytes)
        }
    }

    @Test(.enabled(if: !hmac.isEmpty, VectorFile.missing("hmac", in: "rfc")), arguments: hmac)
    func authenticationCodes(file: VectorFile) throws {
        let examples = try file.decode(HMACFile.self).hmacSha256
        #expect(!examples.isEmpty, "a file without vectors")
        for one in examples {
            let mac = self.primitives.hmac(one.data.bytes, key: Secret(one.key.bytes))
            // RFC 4231 case 5 prints a code that is cut to 16 bytes.
            #expect(Array(mac.prefix(one.mac.bytes.count)) == one.mac.bytes)
            #expect(one.mac.bytes.count >= 16)
        }
    }

    private func agree(_ scalar: [UInt8], _ point: [UInt8]) throws -> [UInt8] {
        let key = try #require(self.primitives.agreementKey(from: Secret(scalar)))
        let peer = try #require(PublicKey(bytes: point))
        return try #require(self.primitives.agree(key, peer)).exposedBytes()
    }
}

extension RFCVectors {
    struct X25519File: Decodable {
        struct Example: Decodable {
            let scalar: Hex
            let u: Hex
            let out: Hex
        }

        let x25519: [Example]?
        let iteratedFrom9: [String: Hex]?
    }

    struct AEADFile: Decodable {
        struct Example: Decodable {
            let key: Hex
            let nonce: Hex
            let aad: Hex
            let plaintext: Hex
            let ciphertext: Hex
            let tag: Hex
        }

        let aead: [Example]
    }

    struct HKDFFile: Decodable {
        struct Example: Decodable {
            let ikm: Hex
            let salt: Hex
            let info: Hex
            let L: Int
            let prk: Hex
            let okm: Hex
        }

        let hkdfSha256: [Example]
    }

    struct HMACFile: Decodable {
        struct Example: Decodable {
            let key: Hex
            let data: Hex
            let mac: Hex
        }

        let hmacSha256: [Example]
    }
}
