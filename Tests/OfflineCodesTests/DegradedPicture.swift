// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import OfflineCodes

/// One picture of the generated set: a kind of damage and how strong it is.
struct DegradedPicture {
    enum Kind: String, CaseIterable {
        case rotated, tilted, blurred, moved, dark, noisy, fewPixels, inverted, compressed
        case glare, photograph, wideLens
    }

    let text: String
    /// A PNG, or a JPEG for the last third of kinds.
    let file: [UInt8]

    /// `severity` runs from 0 (harmless) to 1 (hardly readable).
    init(_ kind: Kind, severity: Float, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        self.text = generator.offer()
        let writer = try CodeWriter(text: self.text)
        var scene = Scene(matrix: writer.matrix)
        Self.place(&scene, kind, severity, &generator)
        let reach = Float(writer.matrix.sideWithQuietZone) * scene.modulePixels
        let height = Int(reach * (kind == .photograph ? 1.45 : 1.35)) + 20
        let width = Int(Float(height) * 1.25)
        var canvas =
            kind == .photograph
            ? Canvas.clutter(width: width, height: height, using: &generator)
            : Canvas(width: width, height: height, value: generator.uniform(120, 240))
        scene.paint(on: &canvas)
        Self.spoil(&canvas, kind, severity, scene.modulePixels, &generator)
        switch kind {
        case .compressed:
            self.file = try TestJPEG.encode(canvas.image, quality: Int(30 - 25 * severity))
        case .photograph:
            self.file = try TestJPEG.encode(canvas.image, quality: Int(80 - 50 * severity))
        case .glare, .wideLens:
            self.file = try TestJPEG.encode(canvas.image, quality: 75)
        default:
            self.file = TestPNG.grey(canvas.image)
        }
    }

    private static func place(
        _ scene: inout Scene, _ kind: Kind, _ severity: Float, _ generator: inout SeededGenerator
    ) {
        scene.turn = generator.uniform(-0.1, 0.1)
        scene.tiltX = generator.uniform(-0.09, 0.09)
        scene.tiltY = generator.uniform(-0.09, 0.09)
        switch kind {
        case .rotated:
            scene.turn = generator.uniform(0, 2 * .pi)
            scene.modulePixels = generator.uniform(3, 5)
        case .tilted:
            // 10 to 48 degrees.
            let (angle, tilt) = (generator.uniform(0, 2 * .pi), 0.17 + 0.66 * severity)
            (scene.tiltX, scene.tiltY) = (tilt * cos(angle), tilt * sin(angle))
            scene.modulePixels = 5
        case .fewPixels:
            scene.modulePixels = 3.2 - 1.5 * severity
        case .photograph:
            scene.turn = generator.uniform(-0.5, 0.5)
            scene.tiltX = generator.uniform(-0.4, 0.4)
            scene.tiltY = generator.uniform(-0.4, 0.4)
            scene.modulePixels = generator.uniform(3, 5)
        case .wideLens:
            scene.barrel = 0.05 + 0.15 * severity
        case .blurred, .moved, .dark, .noisy, .inverted, .compressed, .glare:
            break
        }
    }

    private static func spoil(
        _ canvas: inout Canvas, _ kind: Kind, _ severity: Float, _ modulePixels: Float,
        _ generator: inout SeededGenerator
    ) {
        var noise: Float = 3
        if kind == .glare || (kind == .photograph && severity > 0.5) {
            Self.shine(on: &canvas, severity, &generator)
        }
        canvas = canvas.blurred(
            sigma: kind == .blurred ? modulePixels * (0.25 + 0.45 * severity) : 0.5)
        switch kind {
        case .moved:
            canvas = canvas.moved(
                length: modulePixels * (0.4 + 1.4 * severity), angle: generator.uniform(0, .pi))
        case .dark:
            let (span, floor) = (70 - 58 * severity, generator.uniform(0, 40))
            let slope = generator.uniform(0, 50) / Float(canvas.width)
            canvas.change { x, _, value in floor + value / 255 * span + slope * Float(x) }
            noise = 1
        case .noisy:
            noise = 15 + 60 * severity
        case .photograph:
            canvas = canvas.blurred(sigma: generator.uniform(0.5, 1.1))
            noise = 3 + 7 * severity
        case .fewPixels:
            noise = 2
        case .rotated, .tilted, .blurred, .inverted, .compressed, .glare, .wideLens:
            break
        }
        canvas.addNoise(noise, using: &generator)
        if kind == .inverted { canvas.change { _, _, value in 255 - value } }
    }

    /// A lamp that mirrors in the paper, and a shadow from above.
    private static func shine(
        on canvas: inout Canvas, _ severity: Float, _ generator: inout SeededGenerator
    ) {
        let (width, height) = (Float(canvas.width), Float(canvas.height))
        let (cx, cy) = (width * generator.uniform(0.3, 0.7), height * generator.uniform(0.3, 0.7))
        let radius = height * generator.uniform(0.06, 0.12 + 0.13 * severity)
        let strength = generator.uniform(80, 160 + 90 * severity)
        canvas.change { x, y, value in
            let (dx, dy) = (Float(x) - cx, Float(y) - cy)
            let light = strength * exp(-(dx * dx + dy * dy) / (2 * radius * radius))
            return (value + light) * (1 - 0.5 * Float(y) / height)
        }
    }
}
