using System.Buffers.Binary;

namespace Mesh.Fuzz.Targets;

/// <summary>Vector BLF, with and without containers.</summary>
public sealed class BlfTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "blf";

    /// <inheritdoc/>
    public override Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FuzzSample>>([.. Corpus.Find(".blf"), GeneratedSamples.Blf(0, false), GeneratedSamples.Blf(500, false), GeneratedSamples.Blf(1500, true)]);

    /// <summary>Deflated containers: object type 10, compression 2.</summary>
    protected override List<(int Start, int Length)> FindProtected(byte[] file)
    {
        const int DataAt = 32;
        List<(int Start, int Length)> found = [];
        for (int at = 144; at + DataAt < file.Length;)
        {
            if (!file.AsSpan(at).StartsWith("LOBJ"u8)) break;
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8));
            if (length < DataAt || length > file.Length - at) break;
            if (file[at + 12] == 10 && file[at + 16] == 2) found.Add((at + DataAt, length - DataAt));
            at += length + (length % 4);
        }

        return found;
    }
}
