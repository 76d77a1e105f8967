using Mesh.Formats.Blocks;
using Mesh.Formats.Mdf;
using Mesh.Model;

namespace Mesh.Formats.Mdf3;

/// <summary>
/// Reads ASAM MDF 2.x and 3.x (specification 3.30): one channel per channel group, whose messages are its records, of encoding <c>mdf-record</c>.
/// </summary>
public sealed partial class Mdf3RecordingReader : RecordingReader
{
    private const int ReadBytes = 1 << 20;

    private readonly IByteSource source;
    private readonly RecordingReaderOptions options;
    private readonly LossList losses;
    private readonly Mdf3Header header;
    private readonly Mdf3Definitions definitions;
    private readonly SortedSet<long> starts;
    private readonly List<RecordingChannel> channels = [];
    private readonly bool[] wanted;
    private readonly bool countsAreMissing;

    private Mdf3RecordingReader(IByteSource source, RecordingReaderOptions options, LossList losses, Mdf3Header header, Mdf3Definitions definitions, SortedSet<long> starts)
    {
        (this.source, this.options, this.losses, this.header, this.definitions, this.starts) = (source, options, losses, header, definitions, starts);
        wanted = new bool[definitions.Groups.Count];
        bool isEmpty = true;
        foreach (var group in definitions.Groups)
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            channels.Add(new RecordingChannel(group.Index, group.Layout.Group, MdfRecordLayout.MessageEncoding, group.Layout.ToSchema(), metadata));
            wanted[group.Index] = options.Query.Selects(channels[^1]);
            isEmpty &= group.Cycles == 0;
        }

        // A recorder that was stopped hard leaves every count at 0, and before 3.30 no mark of it.
        countsAreMissing = header.IsUnfinished || isEmpty;
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10250</c>: nothing of it can be read.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenCoreAsync(source, options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Mdf3;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    internal Mdf3Header Header => header;

    internal Mdf3Definitions Definitions => definitions;

    /// <inheritdoc/>
    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var counts = new long?[channels.Count];
        ulong? start = null, end = null;
        bool timesKnown = true;
        foreach (var dataGroup in definitions.DataGroups)
        {
            var extent = Extent(dataGroup);
            foreach (var group in dataGroup.Groups)
            {
                counts[group.Index] = dataGroup.IsSorted ? group == dataGroup.Groups[0] ? extent.Records : 0 : extent.IsCounted ? null : group.Cycles;
            }

            if (extent.Bytes == 0) continue;
            if (!dataGroup.IsSorted)
            {
                timesKnown = false;
                continue;
            }

            var only = dataGroup.Groups[0];
            byte[] record = new byte[only.RecordBytes];
            foreach (long index in (long[])[0, extent.Records - 1])
            {
                if (extent.Records == 0) break;
                await source.ReadAtAsync(dataGroup.Data + (index * only.RecordBytes), record, cancellationToken).ConfigureAwait(false);
                ulong time = TimeOf(only, record, index);
                start = Math.Min(start ?? time, time);
                end = Math.Max(end ?? time, time);
            }
        }

        var metadata = new List<RecordingMetadata>();
        if (header.Properties.Count > 0) metadata.Add(new RecordingMetadata("header", header.Properties));
        return new RecordingSummary
        {
            Version = header.Version, Messages = Sum(counts), StartTimeNs = timesKnown ? start : null, EndTimeNs = timesKnown ? end : null,
            Channels = [.. channels.Select((channel, i) => new ChannelSummary(channel, counts[i]))], Events = definitions.Events, Metadata = metadata,
        };
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        window?.Dispose();
        window = null;
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static long? Sum(long?[] counts)
    {
        long sum = 0;
        foreach (long? count in counts)
        {
            if (count is null) return null;
            sum += count.Value;
        }

        return sum;
    }

    private static async ValueTask<RecordingReader> OpenCoreAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        byte[] id = new byte[Mdf3Header.IdBytes];
        int read = await source.ReadAtAsync(0, id, cancellationToken).ConfigureAwait(false);
        if (read < id.Length) throw new RecordingFormatException("MESH10250", $"'{source.Name}' ends after {read} bytes, within its identification block. Upload it again.");
        bool isBigEndian = (id[24] | id[25]) != 0;
        var idBlock = new Mdf3Block(0, id, isBigEndian);
        var losses = new LossList(options.MaxLosses);
        var blocks = new Mdf3BlockReader(source, losses, isBigEndian, idBlock.UInt16(30));
        var header = await Mdf3Header.ReadId(idBlock, bytes => blocks.Text(bytes)).WithHeaderAsync(blocks, cancellationToken).ConfigureAwait(false);
        var definitions = new Mdf3Definitions(blocks, header);
        await definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (header.Block is null && definitions.Groups.Count == 0)
        {
            throw new RecordingFormatException("MESH10250", $"'{source.Name}' says it is MDF {header.Version}, but has neither a header nor any group that can be found. Recover it from its source.");
        }

        return new Mdf3RecordingReader(source, options, losses, header, definitions, blocks.Starts);
    }

    /// <summary>Where a data group's records end, and how many there are.</summary>
    private DataExtent Extent(Mdf3DataGroup group)
    {
        if (group.Data == 0 || group.Groups.Count == 0) return default;
        long limit = source.Length;
        foreach (long start in starts.GetViewBetween(group.Data + 1, long.MaxValue))
        {
            limit = Math.Min(limit, start);
            break;
        }

        long there = Math.Max(0, limit - group.Data);
        long claimed = group.IsSorted ? group.Groups[0].Cycles * group.Groups[0].RecordBytes : group.ClaimedBytes;
        bool isCounted = countsAreMissing && claimed < there;
        long bytes = isCounted ? there : Math.Min(claimed, there);
        long records = -1;
        if (group.IsSorted)
        {
            int recordBytes = group.Groups[0].RecordBytes;
            records = recordBytes == 0 ? 0 : bytes / recordBytes;
            bytes = records * recordBytes;
        }

        return new DataExtent(bytes, claimed, records, isCounted && bytes > 0);
    }

    private ulong TimeOf(Mdf3ChannelGroup group, ReadOnlySpan<byte> record, long index)
    {
        if (group.Time is not { } time) return header.StartNs;
        long? elapsed = group.Layout.HasRecordIndex ? time.ElapsedNs(index) : time.ElapsedNs(record);
        if (elapsed is not { } ns) return header.StartNs;
        if (ns >= 0) return header.StartNs + (ulong)ns;
        return (ulong)-ns > header.StartNs ? 0 : header.StartNs - (ulong)-ns;
    }

    /// <param name="Bytes">Bytes of records.</param>
    /// <param name="ClaimedBytes">Bytes that the groups' counts say.</param>
    /// <param name="Records">Records of a sorted group; -1 for others.</param>
    /// <param name="IsCounted">Whether the counts were missing, so that all that is there was taken.</param>
    private readonly record struct DataExtent(long Bytes, long ClaimedBytes, long Records, bool IsCounted);
}
