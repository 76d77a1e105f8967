using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Formats.Ros2Bag.Sqlite;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// Reads ROS 2 bags kept in SQLite (rosbag2's <c>sqlite3</c> storage), of every generation of its schema, straight from the database's
/// pages: no library, no temporary copy, nothing written beside the file. Messages come in rowid order, which is the order recorded.
/// </summary>
public sealed partial class Ros2BagReader : RecordingReader
{
    private const string UnknownTopic = "MESH10456";
    private const string MessageTooLarge = "MESH10458";
    private const string BeforeEpoch = "MESH10459";

    private const int BlockBytes = 1 << 20;
    private const int BlockMessages = 1 << 15;
    private const int MaxColumns = 64;

    private readonly SqlitePager pager;
    private readonly Ros2BagLayout layout;
    private readonly LossList losses;
    private readonly RecordingReaderOptions options;
    private readonly string fileName;
    private readonly bool[] wanted;
    private readonly MessageRun run = new();
    private readonly RowIdRanges seen = new();
    private readonly Dictionary<long, (long Rows, long Bytes, long Offset)> unknownTopics = [];
    private readonly SqliteColumn[] columns = new SqliteColumn[MaxColumns];

    private readonly SqliteBtree btree;
    private byte[] data = [];
    private int used;
    private int nextCell;
    private long cellBytes;
    private SqliteCell pending;
    private long beforeEpoch;
    private long beforeEpochAt;
    private Stage stage;

    private Ros2BagReader(SqlitePager pager, Ros2BagLayout layout, LossList losses, RecordingReaderOptions options, string fileName)
    {
        this.pager = pager;
        this.layout = layout;
        this.losses = losses;
        this.options = options;
        this.fileName = fileName;
        wanted = [.. layout.Channels.Select(channel => options.Query.Selects(channel.Topic))];
        btree = new SqliteBtree(pager, layout.MessagesRoot, layout.Visited, losses);
    }

    private enum Stage
    {
        Walk,
        Salvage,
        Done,
    }

    private enum Step
    {
        LeafDone,
        BlockFull,
        NeedsOverflow,
    }

    internal SqlitePager Pager => pager;

    internal Ros2BagLayout Layout => layout;

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Ros2Bag;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => layout.Channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <remarks>A <c>-wal</c> beside the database and a <c>metadata.yaml</c> are found through <see cref="RecordingReaderOptions.Folder"/>.</remarks>
    /// <exception cref="RecordingFormatException"><c>MESH10450</c>: it is not a ROS 2 bag, or nothing of it can be read.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        string fileName = FileNameOf(source.Name);
        var reader = await OpenDatabaseAsync(source, options, cancellationToken).ConfigureAwait(false);
        try
        {
            // The other files' damage is theirs; here it only matters whether the metadata speaks of this file.
            var metadata = await BagMetadata.ReadAsync(options.Folder, new LossList(1), cancellationToken).ConfigureAwait(false);
            bool isMessageCompressed = metadata is { IsMessageCompressed: true } && metadata.Files.Contains(fileName);
            return new ZstdMessageReader(reader, isMessageCompressed, options);
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal static async ValueTask<Ros2BagReader> OpenDatabaseAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        var losses = new LossList(options.MaxLosses);
        string fileName = FileNameOf(source.Name);
        var pager = await SqlitePager.OpenAsync(source, token => OpenWalAsync(options.Folder, fileName, token), losses, cancellationToken).ConfigureAwait(false);
        try
        {
            pager.ReportTruncation(losses);
            var layout = await Ros2BagLayout.ReadAsync(pager, losses, source.Name, cancellationToken).ConfigureAwait(false);
            return new Ros2BagReader(pager, layout, losses, options, fileName);
        }
        catch
        {
            await pager.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        run.Clear();
        used = 0;
        while (stage != Stage.Done)
        {
            switch (ReadRows())
            {
                case Step.BlockFull:
                    return run.ToBlock(data.AsMemory(0, used));
                case Step.NeedsOverflow:
                    await ReadOverflowingAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    CheckLeaf();
                    nextCell = 0;
                    cellBytes = 0;
                    if (!await NextLeafAsync(cancellationToken).ConfigureAwait(false))
                    {
                        stage = Stage.Done;
                        ReportAtEnd();
                    }

                    break;
            }
        }

        return run.Count > 0 ? run.ToBlock(data.AsMemory(0, used)) : null;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        SourceWindow.Release(data);
        data = [];
        await pager.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    internal static string FileNameOf(string sourceName) => sourceName[(sourceName.LastIndexOfAny(['/', '\\']) + 1)..];

    private static async ValueTask<IByteSource?> OpenWalAsync(IRecordingFolder? folder, string fileName, CancellationToken cancellationToken) =>
        folder is null || fileName.Length == 0 ? null : await folder.TryOpenAsync(fileName + "-wal", cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> NextLeafAsync(CancellationToken cancellationToken)
    {
        if (stage == Stage.Walk)
        {
            if (layout.MessagesRoot != 0 && await btree.NextAsync(cancellationToken).ConfigureAwait(false)) return true;
            if (layout.MessagesRoot != 0 && !btree.IsDamaged && !layout.IsSalvaged) return false;
            await FindLostLeavesAsync(cancellationToken).ConfigureAwait(false);
            stage = Stage.Salvage;
        }

        return await NextLostLeafAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the rows of the leaf page from <see cref="nextCell"/> on, as long as that needs no other page.</summary>
    private Step ReadRows()
    {
        var leaf = btree.Leaf.Span;
        int usable = pager.Header.UsableSize;
        for (; nextCell < btree.Cells; nextCell++)
        {
            if (!SqliteCell.TryRead(leaf, btree.HeaderAt, nextCell, usable, out var cell))
            {
                losses.Add(SqliteRows.Malformed, pager.OffsetOf(btree.Page), 0, "a row of messages", "one that is not within its page");
                continue;
            }

            var local = leaf.Slice(cell.LocalOffset, cell.LocalBytes);
            if (stage == Stage.Salvage && seen.Contains(cell.RowId))
            {
                cellBytes += cell.Bytes;
                continue;
            }

            if (!SqliteRecord.TryList(local, cell.PayloadBytes, columns, out int count))
            {
                // A record's header that does not fit the page is not one that rosbag2 writes.
                cellBytes += cell.Bytes;
                Malformed(cell, "columns whose lengths do not add up");
                continue;
            }

            if (cell.OverflowPage != 0)
            {
                if (CanPassOver(local, count))
                {
                    cellBytes += cell.Bytes;
                    seen.Add(cell.RowId);
                    continue;
                }

                if (!HasRoom(cell)) return Step.BlockFull;
                pending = cell;
                return Step.NeedsOverflow;
            }

            if (!HasRoom(cell)) return Step.BlockFull;
            local.CopyTo(data.AsSpan(used));
            cellBytes += cell.Bytes;
            seen.Add(cell.RowId);
            TakeRow(cell, count);
        }

        return Step.LeafDone;
    }

    private void CheckLeaf()
    {
        if (btree.Leaf.IsEmpty || btree.Unaccounted(cellBytes) is not (not 0 and var unaccounted)) return;
        losses.Add(SqliteBtree.PageDamaged, pager.OffsetOf(btree.Page), Math.Max(unaccounted, 0), "a page whose rows and free space fill it",
            string.Create(CultureInfo.InvariantCulture, $"{unaccounted:N0} bytes unaccounted for; rows of this page are missing or wrong"));
    }

    /// <summary>Whether the part of a row that is on the page tells that it is not wanted, so that its overflow pages need not be read.</summary>
    private bool CanPassOver(ReadOnlySpan<byte> local, int count)
    {
        if (layout.TopicColumn < count && SqliteRecord.TryInteger(local, columns[layout.TopicColumn], out long topic))
        {
            int channel = layout.ChannelOf(topic);
            if (channel >= 0 && !wanted[channel]) return true;
        }

        return layout.TimestampColumn < count && SqliteRecord.TryInteger(local, columns[layout.TimestampColumn], out long time)
            && !options.Query.Selects((ulong)Math.Max(time, 0));
    }

    private async ValueTask ReadOverflowingAsync(CancellationToken cancellationToken)
    {
        var cell = pending;
        nextCell++;
        cellBytes += cell.Bytes;
        if (cell.PayloadBytes > options.MaxMessageBytes + SqliteHeader.Bytes)
        {
            seen.Add(cell.RowId);
            losses.Add(MessageTooLarge, OffsetOf(cell), cell.PayloadBytes,
                string.Create(CultureInfo.InvariantCulture, $"a message of at most {options.MaxMessageBytes:N0} bytes"), string.Create(CultureInfo.InvariantCulture, $"{cell.PayloadBytes:N0}"));
            return;
        }

        // A record longer than the file is no allocation's worth.
        if (cell.PayloadBytes > (long)pager.PageCount * pager.Header.PageSize)
        {
            losses.Add(SqliteRows.OverflowBroken, OffsetOf(cell), 0, "a message within the file", string.Create(CultureInfo.InvariantCulture, $"a claim of {cell.PayloadBytes:N0} bytes"));
            return;
        }

        string? broken = await SqliteRows.CopyAsync(pager, btree.Leaf, cell, data.AsMemory(used, (int)cell.PayloadBytes), layout.Visited, cancellationToken).ConfigureAwait(false);
        if (broken is not null)
        {
            losses.Add(SqliteRows.OverflowBroken, OffsetOf(cell), cell.PayloadBytes, "the rest of a message on overflow pages", broken);
            return;
        }

        seen.Add(cell.RowId);
        SqliteRecord.TryList(data.AsSpan(used, (int)cell.PayloadBytes), cell.PayloadBytes, columns, out int count);
        TakeRow(cell, count);
    }

    /// <summary>Makes room for a row's record at the end of the block; false when the block has to be handed out first.</summary>
    private bool HasRoom(in SqliteCell cell)
    {
        // More than the file has cannot be on its pages: nothing is allocated for such a claim.
        long needed = Math.Min(cell.PayloadBytes, Math.Min(options.MaxMessageBytes + SqliteHeader.Bytes, (long)pager.PageCount * pager.Header.PageSize));
        if (used + needed <= data.Length && run.Count < BlockMessages) return true;
        if (run.Count > 0) return false;
        if (needed > data.Length)
        {
            SourceWindow.Release(data);
            data = SourceWindow.Rent((int)Math.Max(needed, BlockBytes));
        }

        return true;
    }

    /// <summary>Adds the row whose record is at <see cref="used"/> to the block, if it is wanted.</summary>
    private void TakeRow(in SqliteCell cell, int count)
    {
        var record = data.AsSpan(used, (int)cell.PayloadBytes);
        if (layout.TopicColumn >= count || layout.TimestampColumn >= count || layout.DataColumn >= count
            || !SqliteRecord.TryInteger(record, columns[layout.TopicColumn], out long topic)
            || !SqliteRecord.TryInteger(record, columns[layout.TimestampColumn], out long time)
            || !columns[layout.DataColumn].IsBytes)
        {
            Malformed(cell, "columns of other types");
            return;
        }

        int channel = layout.ChannelOf(topic);
        if (channel < 0)
        {
            var (rows, bytes, offset) = unknownTopics.GetValueOrDefault(topic, (0, 0, OffsetOf(cell)));
            if (rows > 0 || unknownTopics.Count < options.MaxLosses) unknownTopics[topic] = (rows + 1, bytes + cell.PayloadBytes, offset);
            return;
        }

        ulong logTime = ToUnsigned(time, cell);
        if (!wanted[channel] || !options.Query.Selects(logTime)) return;
        ulong publishTime = layout.SendColumn >= 0 && layout.SendColumn < count && SqliteRecord.TryInteger(record, columns[layout.SendColumn], out long sent) ? ToUnsigned(sent, cell) : logTime;
        uint sequence = layout.SequenceColumn >= 0 && layout.SequenceColumn < count && SqliteRecord.TryInteger(record, columns[layout.SequenceColumn], out long number) ? (uint)number : 0;
        ref readonly var payload = ref columns[layout.DataColumn];
        if (payload.Bytes > options.MaxMessageBytes)
        {
            losses.Add(MessageTooLarge, OffsetOf(cell), payload.Bytes,
                string.Create(CultureInfo.InvariantCulture, $"a message of at most {options.MaxMessageBytes:N0} bytes"), string.Create(CultureInfo.InvariantCulture, $"{payload.Bytes:N0}"));
            return;
        }

        run.Add(new MessageRef(channel, sequence, logTime, publishTime, used + (int)payload.Offset, payload.Bytes, OffsetOf(cell)));
        used += record.Length;
    }

    private ulong ToUnsigned(long time, in SqliteCell cell)
    {
        if (time >= 0) return (ulong)time;
        if (beforeEpoch++ == 0) beforeEpochAt = OffsetOf(cell);
        return 0;
    }

    private long OffsetOf(in SqliteCell cell) => pager.OffsetOf(btree.Page) + cell.LocalOffset;

    private void Malformed(in SqliteCell cell, string found)
    {
        seen.Add(cell.RowId);
        losses.Add(SqliteRows.Malformed, OffsetOf(cell), cell.PayloadBytes, "topic, time and payload of a message", found);
    }

    private void ReportAtEnd()
    {
        foreach (var (topic, (rows, bytes, offset)) in unknownTopics)
        {
            losses.Add(UnknownTopic, offset, bytes, "messages of a topic in the table topics", string.Create(CultureInfo.InvariantCulture, $"{rows:N0} of topic {topic}, which is not in it"));
        }

        if (beforeEpoch > 0)
        {
            losses.Add(BeforeEpoch, beforeEpochAt, 0, "times from 1970 on", string.Create(CultureInfo.InvariantCulture, $"{beforeEpoch:N0} earlier ones, which are given as 1970-01-01"));
        }
    }
}
