using System.Buffers.Binary;
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

    /// <summary>Deflated data, whose end is an Adler-32 of all of it (specification, "DZBLOCK").</summary>
    protected override List<(int Start, int Length)> FindProtected(byte[] file)
    {
        const int DataAt = 48;
        List<(int Start, int Length)> found = [];
        for (int at = 64; at + DataAt < file.Length; at += 8)
        {
            if (!file.AsSpan(at).StartsWith("##DZ"u8)) continue;
            long length = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + 40));
            if (length > 0 && length <= file.Length - at - DataAt) found.Add((at + DataAt, (int)length));
        }

        return found;
    }
}
