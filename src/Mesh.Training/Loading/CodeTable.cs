using System.Text;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>The values of a column of text and their numbers: ordinal order over all files, so that every reader of the same rows has the same ones.</summary>
internal sealed class CodeTable
{
    private const int MaxValues = 1 << 20;
    private const int MaxBytes = 16 << 20;

    private readonly Dictionary<byte[], int> codes = new(new BytesComparer());
    private long bytes;

    /// <summary>The values by code, after <see cref="Freeze"/>.</summary>
    public IReadOnlyList<string> Values { get; private set; } = [];

    /// <summary>Adds the values of a vector.</summary>
    /// <exception cref="MeshException"><c>MESH9204</c>: there are too many.</exception>
    public void Collect(ColumnVector vector, string name)
    {
        var lookup = codes.GetAlternateLookup<ReadOnlySpan<byte>>();
        ReadOnlySpan<byte> previous = default;
        bool hasPrevious = false;
        for (int i = 0; i < vector.Length; i++)
        {
            if (vector.IsNull(i)) continue;
            var value = vector.GetBytes(i);
            // Values come in runs.
            if (hasPrevious && value.SequenceEqual(previous)) continue;
            previous = value;
            hasPrevious = true;
            if (!lookup.TryAdd(value, 0)) continue;
            bytes += value.Length;
            if (codes.Count > MaxValues || bytes > MaxBytes)
            {
                throw new MeshException(
                    "MESH9204", $"Column '{name}' has more than {MaxValues:N0} different texts or {MaxBytes:N0} bytes of them: too many for codes. Take its bytes with --text bytes, or leave it out.");
            }
        }
    }

    /// <summary>Gives the values their numbers.</summary>
    public void Freeze()
    {
        var ordered = codes.Keys.Order(Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right))).ToList();
        for (int i = 0; i < ordered.Count; i++) codes[ordered[i]] = i;
        Values = [.. ordered.Select(Encoding.UTF8.GetString)];
    }

    /// <summary>Codes of a vector's values; -1 where there is none.</summary>
    public void Encode(ColumnVector vector, Span<int> target)
    {
        var lookup = codes.GetAlternateLookup<ReadOnlySpan<byte>>();
        var offsets = vector.Offsets;
        var all = vector.ValueBytes.Span;
        ReadOnlySpan<byte> previous = default;
        int code = -1;
        for (int i = 0; i < target.Length; i++)
        {
            if (vector.IsNull(i))
            {
                target[i] = -1;
                continue;
            }

            var value = all[offsets[i]..offsets[i + 1]];
            if (code < 0 || !value.SequenceEqual(previous)) code = lookup.TryGetValue(value, out int found) ? found : -1;
            previous = value;
            target[i] = code;
        }
    }
}
