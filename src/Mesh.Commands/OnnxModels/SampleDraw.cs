using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Commands.OnnxModels;

/// <summary>
/// Draws samples by the hash of their identity with the seed: those with the smallest are taken, so that the same rows give the same samples in
/// whatever order they are read, and compaction changes nothing.
/// </summary>
internal sealed class SampleDraw(ProductCalibrationOptions options, int frames, int stride)
{
    private readonly PriorityQueue<DrawnSample, ulong> taken = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));
    private readonly Dictionary<(string Recording, string Channel), Track> tracks = [];

    /// <summary>Rows read.</summary>
    public long Rows { get; private set; }

    /// <summary>Samples there were to draw from.</summary>
    public long Candidates { get; private set; }

    /// <summary>Samples left out for a value that is missing or infinite.</summary>
    public long Incomplete { get; private set; }

    /// <summary>Windows left out because a row is missing between theirs.</summary>
    public long WithGaps { get; private set; }

    /// <summary>Adds rows.</summary>
    /// <exception cref="MeshException"><c>MESH11092</c> when more rows have to be held than the limit.</exception>
    public void Add(ColumnVector recordings, ColumnVector? channels, ReadOnlySpan<long> sequence, ReadOnlySpan<float> values)
    {
        int columns = options.Columns.Count;
        Rows += sequence.Length;
        if (frames > 1 && Rows > options.MaxRows) throw new MeshException("MESH11092", $"{options.Product} has more than {options.MaxRows:N0} rows to cut windows from. Name fewer with --where, for example some recordings.");
        string recording = "", channel = "";
        for (int row = 0; row < sequence.Length; row++)
        {
            // Rows of a recording come in runs; names are only decoded where they change.
            if (row == 0 || !Same(recordings, row)) recording = recordings.GetString(row);
            if (channels is not null && (row == 0 || !Same(channels, row))) channel = channels.GetString(row);
            var own = values.Slice(row * columns, columns);
            if (frames == 1)
            {
                Offer(recording, channel, sequence[row], own);
                continue;
            }

            if (!tracks.TryGetValue((recording, channel), out var track)) tracks[(recording, channel)] = track = new Track();
            track.Sequence.Add(sequence[row]);
            track.Values.AddRange(own);
        }
    }

    /// <summary>The samples, in order of recording, channel and sequence.</summary>
    public IReadOnlyList<DrawnSample> Finish()
    {
        foreach (var ((recording, channel), track) in tracks) Cut(recording, channel, track);
        tracks.Clear();
        return [.. taken.UnorderedItems.Select(item => item.Element).OrderBy(sample => sample.Recording, StringComparer.Ordinal).ThenBy(sample => sample.Channel, StringComparer.Ordinal).ThenBy(sample => sample.Sequence)];
    }

    /// <summary>SHA-256 over a line per sample: recording, channel, first sequence number and count of rows, separated by tabs.</summary>
    public static string DigestOf(IReadOnlyList<DrawnSample> samples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var sample in samples) hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sample.Recording}\t{sample.Channel}\t{sample.Sequence}\t{sample.Rows}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool Same(ColumnVector column, int row) => column.GetBytes(row).SequenceEqual(column.GetBytes(row - 1));

    private void Cut(string recording, string channel, Track track)
    {
        int columns = options.Columns.Count;
        int[] order = [.. Enumerable.Range(0, track.Sequence.Count)];
        long[] sequence = [.. track.Sequence];
        Array.Sort(sequence, order);
        float[] window = new float[frames * columns];
        var values = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(track.Values);
        for (int start = 0; start + frames <= sequence.Length; start += stride)
        {
            if (sequence[start + frames - 1] - sequence[start] != frames - 1)
            {
                WithGaps++;
                continue;
            }

            for (int i = 0; i < frames; i++) values.Slice(order[start + i] * columns, columns).CopyTo(window.AsSpan(i * columns));
            Offer(recording, channel, sequence[start], window);
        }
    }

    private void Offer(string recording, string channel, long sequence, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (float.IsFinite(value)) continue;
            Incomplete++;
            return;
        }

        Candidates++;
        ulong place = Hash(recording, channel, sequence);
        if (taken.Count < options.Samples) taken.Enqueue(new DrawnSample(recording, channel, sequence, frames, values.ToArray()), place);
        else if (taken.TryPeek(out _, out ulong largest) && place < largest) taken.EnqueueDequeue(new DrawnSample(recording, channel, sequence, frames, values.ToArray()), place);
    }

    private ulong Hash(string recording, string channel, long sequence)
    {
        Span<byte> text = stackalloc byte[1024];
        int length = Encoding.UTF8.TryGetBytes(recording, text[16..], out int first) && Encoding.UTF8.TryGetBytes(channel, text[(17 + first)..], out int second)
            ? 17 + first + second
            : throw new MeshException("MESH11092", $"The identity of a row of {options.Product} is longer than {text.Length} bytes.");
        BinaryPrimitives.WriteInt64LittleEndian(text, options.Seed);
        BinaryPrimitives.WriteInt64LittleEndian(text[8..], sequence);
        text[16 + first] = 0;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }

    private sealed class Track
    {
        public List<long> Sequence { get; } = [];

        public List<float> Values { get; } = [];
    }
}
