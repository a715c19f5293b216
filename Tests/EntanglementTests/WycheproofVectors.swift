// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

/// Project Wycheproof's cases for the primitives that we use.
@Suite struct WycheproofVectors {
    static let x25519 = files("XDH")
    static let chaChaPoly = files("CHACHA20-POLY1305")
    static let hkdf = files("HKDF-SHA-256")
    static let ed25519 = files("EDDSA")

    private let primitives = CryptoPrimitives()

    @Test(
        .enabled(if: !x25519.isEmpty, VectorFile.missing("XDH tests", in: "wycheproof")),
        arguments: x25519)
    func agreementsAreRightAndAllZeroOnesRefused(file: VectorFile) throws {
        for (_, test) in try Self.tests(XDHTest.self, in: file, where: { $0.curve != "curve448" }) {
            let key = self.primitives.agreementKey(from: Secret(test.private.bytes))
            let peer = PublicKey(bytes: test.public.bytes)
            let shared = key.flatMap { key in peer.flatMap { self.primitives.agree(key, $0) } }
            let isZero = test.shared.bytes.allSatisfy { $0 == 0 }
            if isZero || test.result == "invalid" {
                #expect(shared == nil, "\(test.tcId)")
            } else {
                #expect(shared?.exposedBytes() == test.shared.bytes, "\(test.tcId)")
            }
        }
    }

    @Test(
        .enabled(if: !chaChaPoly.isEmpty, VectorFile.missing("ChaChaPoly", in: "wycheproof")),
        arguments: chaChaPoly)
    func validSealsOpenAndInvalidOnesDoNot(file: VectorFile) throws {
        for (group, test) in try Self.tests(AEADTest.self, in: file) {
            let key = Secret(test.key.bytes)
            let (sealed, opened) = test.iv.bytes.withUnsafeBytes { nonce in
                (
                    self.primitives.seal(
                        test.msg.bytes, key: key, nonce: nonce, associated: test.aad.bytes),
                    self.primitives.open(
                        (test.ct.bytes + test.tag.bytes)[...], key: key, nonce: nonce,
                        associated: test.aad.bytes)
                )
            }
            if test.result == "valid" {
                #expect(sealed == test.ct.bytes + test.tag.bytes, "\(test.tcId)")
                #expect(opened == test.msg.bytes, "\(test.tcId)")
            } else {
                #expect(opened == nil, "\(test.tcId)")
                if group.ivSize != 96 { #expect(sealed == nil, "\(test.tcId)") }
            }
        }
    }

    @Test(
        .enabled(if: !hkdf.isEmpty, VectorFile.missing("HKDF tests", in: "wycheproof")),
        arguments: hkdf)
    func derivedKeysAreRightAndTooLongOnesRefused(file: VectorFile) throws {
        for (_, test) in try Self.tests(HKDFTest.self, in: file) {
            let prk = self.primitives.extract(
                salt: test.salt.bytes, secret: Secret(test.ikm.bytes))
            let expanded = self.primitives.expandIfPossible(
                prk, label: test.info.bytes, byteCount: test.size)
            if test.result == "valid" {
                #expect(expanded?.exposedBytes() == test.okm.bytes, "\(test.tcId)")
            } else {
                #expect(expanded == nil, "\(test.tcId)")
            }
        }
    }

    @Test(
        .enabled(if: !ed25519.isEmpty, VectorFile.missing("Ed25519 tests", in: "wycheproof")),
        arguments: ed25519)
    func onlyValidSignaturesPass(file: VectorFile) throws {
        for (group, test) in try Self.tests(
            SignatureTest.self, in: file, where: { $0.publicKey?.curve != "edwards448" })
        {
            let bytes = try #require(group.publicKey).pk.bytes
            let isValid = PublicKey(bytes: bytes).map {
                self.primitives.isValid(test.sig.bytes, of: test.msg.bytes, by: $0)
            }
            #expect((isValid ?? false) == (test.result == "valid"), "\(test.tcId)")
        }
    }

    private static func files(_ algorithm: String) -> [VectorFile] {
        VectorFile.all(in: "wycheproof", having: "testGroups", algorithm: algorithm)
    }

    /// All tests of a file with their groups; none at all is a failure.
    private static func tests<Test: Decodable>(
        _ type: Test.Type, in file: VectorFile,
        where isWanted: (Group<Test>) -> Bool = { _ in true }
    ) throws -> [(group: Group<Test>, test: Test)] {
        let groups = try file.decode(File<Test>.self).testGroups.filter(isWanted)
        let tests = groups.flatMap { group in group.tests.map { (group, $0) } }
        #expect(!tests.isEmpty, "a file without tests")
        return tests
    }
}

extension WycheproofVectors {
    struct File<Test: Decodable>: Decodable {
        let testGroups: [Group<Test>]
    }

    struct Group<Test: Decodable>: Decodable {
        struct Key: Decodable {
            let curve: String
            let pk: Hex
        }

        let curve: String?
        let ivSize: Int?
        let publicKey: Key?
        let tests: [Test]
    }

    struct XDHTest: Decodable {
        let tcId: Int
        let `public`: Hex
        let `private`: Hex
        let shared: Hex
        let result: String
    }

    struct AEADTest: Decodable {
        let tcId: Int
        let key: Hex
        let iv: Hex
        let aad: Hex
        let msg: Hex
        let ct: Hex
        let tag: Hex
        let result: String
    }

    struct HKDFTest: Decodable {
        let tcId: Int
        let ikm: Hex
        let salt: Hex
        let info: Hex
        let size: Int
        let okm: Hex
        let result: String
    }

    struct SignatureTest: Decodable {
        let tcId: Int
        let msg: Hex
        let sig: Hex
        let result: String
    }
}
