using Mesh.Formats.Mdf4;

namespace Mesh.Fuzz.Targets;

/// <summary>MDF 4: sorted, unsorted, compressed, bus logs.</summary>
public sealed class Mdf4Target : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "mdf4";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
    [
        .. Corpus.Find(".mf4"), await GeneratedSamples.Mdf4Async(Mdf4Compression.None), await GeneratedSamples.Mdf4Async(Mdf4Compression.Deflate),
        await GeneratedSamples.Mdf4Async(Mdf4Compression.TransposedDeflate),
    ];
}
