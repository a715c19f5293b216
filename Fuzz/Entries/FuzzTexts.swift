// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

@testable import OfflineCodes

/// What is read as a code and written anew is the line that was read.
func fuzzOffer(_ input: [UInt8]) {
    let hasHint = String(decoding: input, as: UTF8.self).contains("\"nat\":\"")
    switch try? CodeText(scanned: input) {
    case .offer(let offer):
        precondition(offer.bytes == input)
        guard !hasHint || offer.code.nat != nil else { return }
        let again = Offer(offer.code, expiresAtSeconds: offer.expiresAtSeconds)
        precondition(again.bytes == input, "one spelling")
    case .answer(let answer):
        precondition(answer.bytes == input)
        guard !hasHint || answer.code.nat != nil else { return }
        precondition(
            Answer(answer.code, reference: answer.reference).bytes == input, "one spelling")
    case .refusal(let text):
        precondition(CodeText.refusalLine(text).utf8.elementsEqual(input), "one spelling")
    case nil: break
    }
}

/// What is read as a message is the same message when it is written and read again.
func fuzzNDEF(_ input: [UInt8]) {
    if let message = try? NDEFMessage(parsing: input) {
        let again = try? NDEFMessage(parsing: message.bytes)
        precondition(again == message, "reads its own writing")
    }
    fuzzQRText(input)
}

/// What comes out of a file is one clean line, and its meaning is looked at without a trap.
func fuzzQRText(_ input: [UInt8]) {
    guard PictureKind(of: input) == nil, let found = try? CodeReader().read(input) else { return }
    precondition(!found.text.isEmpty)
    precondition(found.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
    let again = try? CodeReader().read(Array(found.text.utf8))
    if found.source == .text { precondition(again?.text.isEmpty == false) }
    fuzzOffer(Array(found.text.utf8))
}

/// What is read as a STUN message is read again when it is written.
func fuzzSTUN(_ input: [UInt8]) {
    guard let message = try? STUNMessage(parsing: input) else { return }
    _ = message.reflexiveEndpoint
    let written = message.encoded(hasFingerprint: true)
    guard written.count <= STUNMessage.byteCountLimit else { return }
    let again = try? STUNMessage(parsing: written, demandsFingerprint: true)
    precondition(again == message, "reads its own writing")
}

var ndefSeeds: [[UInt8]] {
    let ours = NDEFRecord(mimeType: CodeWriter.mimeType, payload: Array("{\"request\":100}".utf8))
    let long = NDEFRecord(
        mimeType: CodeWriter.mimeType, payload: [UInt8](repeating: 0x61, count: 300))
    let one = NDEFMessage([ours]).bytes
    return [
        one, NDEFMessage([ours, long]).bytes, NDEFMessage([long]).bytes,
        [0x03, UInt8(one.count)] + one + [0xfe],
        [0xe1, 0x10, 0x3e, 0x00, 0x03, UInt8(one.count)] + one + [0xfe],
        // A text record in two chunks.
        [0xb1, 0x01, 0x04, 0x54, 0x02, 0x65, 0x6e, 0x61, 0x56, 0x00, 0x01, 0x62],
    ]
}

var stunSeeds: [[UInt8]] {
    var generator = SeededGenerator(seed: 1)
    let transaction = STUNTransaction(using: &generator)
    return [STUNMessage.Class.request, .success, .failure, .indication].flatMap { kind in
        [
            STUNMessage(kind, method: STUNMessage.binding, transaction: transaction).encoded(),
            STUNMessage(kind, method: STUNMessage.binding, transaction: transaction)
                .encoded(hasFingerprint: false),
        ]
    }
}
