namespace Mesh.Formats.Mdf4;

/// <summary>
/// Reads a data group whose records of several groups are mixed, in one pass: each stretch of data is split into runs of one group, and
/// variable-length values are joined to their records. A value may come before or behind its record; one that is far away is looked up in
/// a file of all values, written when it is first needed.
/// </summary>
internal sealed partial class Mdf4UnsortedReader : Mdf4GroupReader
{
    private const int MaxUndecided = 4 << 20;

    private readonly Mdf4DataGroup dataGroup;
    private readonly Mdf4DataStream stream;
    private readonly Func<Mdf4DataStream> again;
    private readonly RecordingReaderOptions options;
    private readonly Mdf4Losses losses;
    private readonly Mdf4RecordIds ids;
    private readonly Mdf4RecordStream?[] records;
    private readonly Mdf4ValueStream?[] values;
    private readonly Mdf4ValueStream?[][] variables;
    private readonly bool resequence;
    private readonly bool unfinished;
    private readonly Mdf4Run run = new();
    private readonly Mdf4Buffer output = new();
    private readonly Mdf4Buffer scan = new();
    private readonly Mdf4Values missing;
    private readonly long pendingBytes;
    private long scanPlace;
    private int consumed;
    private int emitting = -1;
    private long fileOffset;
    private bool isLinear;

    // What is left of earlier pieces stands before the current one, from somewhere else in the file.
    private int restCount;
    private long restOffset;
    private bool isRestLinear;
    private bool final;
    private bool ended;
    private bool padding;
    private long paddingBytes;
    private long lostBytes;

    /// <param name="dataGroup">The data group.</param>
    /// <param name="header">Which steps of finalisation are missing.</param>
    /// <param name="streams">Per group, what is wanted of it; null for groups that are not wanted and for values.</param>
    /// <param name="stream">The data.</param>
    /// <param name="again">Opens the data once more, from the start.</param>
    /// <param name="options">Limits.</param>
    /// <param name="losses">Where damage is reported.</param>
    public Mdf4UnsortedReader(
        Mdf4DataGroup dataGroup, Mdf4Header header, Mdf4RecordStream?[] streams, Mdf4DataStream stream, Func<Mdf4DataStream> again, RecordingReaderOptions options, Mdf4Losses losses)
    {
        (this.dataGroup, this.stream, this.again, this.options, this.losses) = (dataGroup, stream, again, options, losses);
        unfinished = header.Unfinished != 0;
        resequence = header.Needs(Mdf4Header.VariableLengthOffsets);
        ids = new Mdf4RecordIds(dataGroup, !header.Needs(Mdf4Header.VariableLengthSizes), Math.Min(options.MaxMessageBytes, options.MaxBlockBytes), losses);
        records = streams;
        values = new Mdf4ValueStream?[streams.Length];
        variables = new Mdf4ValueStream?[streams.Length][];
        missing = new Mdf4Values(losses);
        var byPosition = new Dictionary<long, int>();
        for (int i = 0; i < streams.Length; i++) byPosition.TryAdd(dataGroup.Groups[i].Position, i);
        int wanted = 0;
        foreach (var group in dataGroup.Groups) wanted += group.IsVariableLength ? 1 : 0;
        long kept = Math.Clamp(options.MaxBufferedBytes / 16 / Math.Max(1, wanted), 64 << 10, 1 << 20);
        pendingBytes = Math.Max(kept, options.MaxBufferedBytes / 8);
        for (int i = 0; i < streams.Length; i++)
        {
            if (streams[i] is not { } own)
            {
                variables[i] = [];
                continue;
            }

            variables[i] = new Mdf4ValueStream?[own.Group.Variables.Count];
            for (int j = 0; j < variables[i].Length; j++)
            {
                long link = own.Group.Variables[j].DataLink;
                if (link == 0 || !byPosition.TryGetValue(link, out int at) || !dataGroup.Groups[at].IsVariableLength) continue;
                variables[i][j] = values[at] ??= new Mdf4ValueStream(dataGroup.Groups[at], kept);
            }
        }
    }

    /// <summary>Signal data of channels that keep their values apart although the group is unsorted.</summary>
    public Mdf4SignalData?[][] Signals { get; init; } = [];

    public override async ValueTask<MessageBlock?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (emitting >= 0 && emitting < records.Length)
            {
                if (records[emitting] is { } own && (own.Done < own.Count || own.PendingDone < own.PendingPlaces.Count))
                {
                    var block = await EmitAsync(own, emitting, cancellationToken).ConfigureAwait(false);
                    if (block is not null) return block;
                    if (progressed) continue;
                }

                emitting++;
            }

            if (emitting >= 0) EndStretch();
            if (ended && scan.Count == 0)
            {
                Finish();
                return null;
            }

            await AdvanceAsync(cancellationToken).ConfigureAwait(false);
            emitting = 0;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        foreach (var value in values)
        {
            if (value?.Spilled is { } spilled) await spilled.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var spill in spills) await spill.DisposeAsync().ConfigureAwait(false);
        foreach (var own in Signals)
        {
            foreach (var signal in own)
            {
                if (signal is not null) await signal.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void EndStretch()
    {
        foreach (var own in records)
        {
            own?.Clear();
            if (own is not null && own.PendingDone > 0)
            {
                own.Pending.Drop(own.PendingDone * own.Group.RecordBytes);
                own.PendingPlaces.RemoveRange(0, own.PendingDone);
                own.PendingDone = 0;
            }
        }

        foreach (var value in values) value?.Trim();
        scan.Drop(consumed);
        scanPlace += consumed;
        int ofRest = Math.Min(consumed, restCount);
        restCount -= ofRest;
        if (isRestLinear) restOffset += ofRest;
        if (isLinear) fileOffset += consumed - ofRest;
        consumed = 0;
        emitting = -1;
        if (!final) return;
        final = false;
        if (ended) return;
        foreach (var value in values) value?.Break();
    }

    /// <summary>Reads on and splits what is there into records, up to the next damage.</summary>
    private async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        if (!ended && !resume)
        {
            var piece = await stream.NextAsync(cancellationToken).ConfigureAwait(false);
            if (piece is null)
            {
                ended = true;
            }
            else
            {
                Note(piece.Problem);
                Note(piece.SecondProblem);
                if (piece.Length > 0)
                {
                    if (restCount == 0) (restOffset, isRestLinear) = (fileOffset, isLinear);
                    restCount = scan.Count;
                    (fileOffset, isLinear) = (piece.FileOffset, piece.IsLinear);
                }

                scan.Append(piece.Buffer.AsSpan(0, piece.Length));
                hole = piece.Missing > 0 || !piece.IsMissingKnown;
                stream.Recycle(piece);
            }
        }

        resume = false;
        Scan();
    }

    /// <summary>Position in the file of a byte of <see cref="scan"/>, or of the compressed block that holds it.</summary>
    private long PlaceOf(long at) =>
        at < restCount ? restOffset + (isRestLinear ? at : 0) : fileOffset + (isLinear ? at - restCount : 0);

    private void Note(Mesh.Model.DataLoss? problem)
    {
        if (problem is null) return;
        losses.Report(problem);
        lostBytes = Math.Min(lostBytes, long.MaxValue - problem.Bytes) + problem.Bytes;
    }

    private void Finish()
    {
        foreach (var own in records)
        {
            if (own is null || own.Limit == long.MaxValue || own.Index == own.Limit) continue;
            var group = own.Group;
            long size = dataGroup.RecordIdBytes + group.RecordBytes;
            if (own.Index < own.Limit)
            {
                long bytes = own.Limit - own.Index > long.MaxValue / Math.Max(1, size) ? long.MaxValue : (own.Limit - own.Index) * size;
                long covered = Math.Min(bytes, lostBytes);
                lostBytes -= covered;
                losses.Report(Mdf4Codes.RecordsMissing, group.Position, bytes - covered, $"{own.Limit:N0} records of group '{group.Name}' by its cycle counter", $"{own.Index:N0}");
            }
            else
            {
                losses.Report(
                    Mdf4Codes.RecordsBeyond, group.Position, (own.Index - own.Limit) * size, $"{own.Limit:N0} records of group '{group.Name}' by its cycle counter", $"{own.Index - own.Limit:N0} more");
            }
        }
    }
}
