// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Entanglement
import MainlineDHT

struct PutItem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Store a signed item in the DHT.")

    @OptionGroup var dht: DHTOptions

    @Option(help: "The seed of the key that signs, 64 hexadecimal digits.")
    var seed: Bytes

    @Option(help: "The salt, hexadecimal digits.")
    var salt = Bytes(bytes: [])

    @Option(help: "The number; a greater one replaces a smaller one.")
    var sequence: Int64

    @Option(help: "Store only over the item with this number.")
    var over: Int64?

    @Option(help: "The value: a text.")
    var value: String

    func run() async throws {
        let primitives = CryptoPrimitives()
        guard let key = primitives.signingKey(from: Secret(self.seed.bytes)) else {
            throw ValidationError("--seed has 64 digits")
        }
        let item = try MutableItem(
            .text(self.value), sequence: self.sequence, salt: self.salt.bytes, signedBy: key,
            primitives)
        let result = try await self.dht.result(of: .put(item, over: self.over))
        print(result.line)
        if !result.isSuccess { throw ExitCode.failure }
    }
}

struct GetItem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fetch a signed item from the DHT.")

    @OptionGroup var dht: DHTOptions

    @Option(help: "The key that signs, 64 hexadecimal digits.")
    var key: Bytes

    @Option(help: "The salt, hexadecimal digits.")
    var salt = Bytes(bytes: [])

    @Option(help: "Only an item with a greater number.")
    var newerThan: Int64?

    func run() async throws {
        guard let key = PublicKey(bytes: self.key.bytes) else {
            throw ValidationError("--key has 64 digits")
        }
        let place = ItemPlace(key: key, salt: self.salt.bytes)
        let result = try await self.dht.result(of: .get(place, newerThan: self.newerThan))
        print(result.line)
        if !result.isSuccess { throw ExitCode.failure }
    }
}
