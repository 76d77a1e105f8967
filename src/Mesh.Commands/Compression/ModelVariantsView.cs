using Mesh.Training.Compression;
using Mesh.Training.Compression.Outcome;

namespace Mesh.Commands.Compression;

/// <summary>The variants of a version.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="TradeOff">The parent and its variants, compared.</param>
/// <param name="Variants">Where they are, with their manifests.</param>
/// <param name="Compressions">What made them, newest first.</param>
public sealed record ModelVariantsView(string Model, IReadOnlyList<TradeOffRow> TradeOff, IReadOnlyList<VariantEntry> Variants, IReadOnlyList<CompressionEntry> Compressions);
