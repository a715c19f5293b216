// SPDX-License-Identifier: Apache-2.0

/// What the two ends of a bridge tell each other, and what is carried across (PROTOCOL.md §14.3, §14.6).
enum BridgeFrame: Equatable {
    /// A card that is held of the other's, by the hash of its bytes.
    struct Held: Equatable {
        var card: CardID
        var sequence: UInt64
    }

    /// 32: what the sender allows now.
    case word(number: UInt32, BridgeWord)
    /// 33: the word of that number arrived; these cards of the receiver's cluster are held.
    case wordAnswer(number: UInt32, [Held])
    /// 34: a card crosses.
    case card(VouchedCard)
    /// 35: a card does not cross any more.
    case withdrawal(CardID)
    /// 36: a datagram between two who have cards.
    case carry(Carried)
}

/// A whole datagram on its way between two who have cards.
struct Carried: Equatable {
    var origin: CardID
    var target: CardID
    /// How many ends of bridges it may still pass.
    var hops: UInt8
    /// Random; who carries it takes each once.
    var id: UInt64
    var bytes: [UInt8]

    /// The frame without the datagram.
    var header: [UInt8] {
        var writer = ByteWriter()
        writer.put(UInt8(36))
        writer.put(self.origin)
        writer.put(self.target)
        writer.put(self.hops)
        writer.put(self.id)
        return writer.bytes
    }
}

extension ByteWriter {
    mutating func put(_ frame: BridgeFrame) {
        switch frame {
        case .word(let number, let word):
            self.put(UInt8(32))
            self.put(number)
            self.put(word)
        case .wordAnswer(let number, let cards):
            self.put(UInt8(33))
            self.put(number)
            for held in cards.prefix(BridgeLimits.cardCountMax) {
                self.put(held.card)
                self.put(held.sequence)
            }
        case .card(let card):
            self.put(UInt8(34))
            self.put(card)
        case .withdrawal(let id):
            self.put(UInt8(35))
            self.put(id)
        case .carry(let carried):
            self.put(carried.header)
            self.put(carried.bytes)
        }
    }
}

extension ByteReader {
    /// The rest of a frame about bridges; nil: another type, or not well-formed.
    mutating func bridgeFrame(type: UInt8) -> BridgeFrame? {
        switch type {
        case 32:
            return self.uint32().flatMap { number in
                self.bridgeWord().map { .word(number: number, $0) }
            }
        case 33:
            guard let number = self.uint32() else { return nil }
            var cards: [BridgeFrame.Held] = []
            while !self.isAtEnd {
                guard cards.count < BridgeLimits.cardCountMax, let card: CardID = self.identifier(),
                    let sequence = self.uint64()
                else { return nil }
                cards.append(BridgeFrame.Held(card: card, sequence: sequence))
            }
            return .wordAnswer(number: number, cards)
        case 34: return self.vouchedCard().map { .card($0) }
        case 35: return self.identifier().map { .withdrawal($0) }
        case 36:
            guard let origin: CardID = self.identifier(), let target: CardID = self.identifier(),
                let hops = self.uint8(), let id = self.uint64(),
                hops <= BridgeLimits.hopCountMax
            else { return nil }
            let bytes = Array(self.rest())
            let sizes = Constants.datagramByteCountMin...Constants.carriedByteCountMax
            guard sizes.contains(bytes.count) else { return nil }
            return .carry(
                Carried(origin: origin, target: target, hops: hops, id: id, bytes: bytes))
        default: return nil
        }
    }
}

extension Constants {
    /// Bytes of a frame at most.
    static let framedByteCountMax =
        Constants.datagramByteCountMax - Constants.packetHeaderByteCount - Constants.tagByteCount
    /// Bytes of a carried datagram at most: it fits a packet of each way.
    static let carriedByteCountMax =
        Constants.framedByteCountMax - BridgeLimits.carryHeaderByteCount
}
