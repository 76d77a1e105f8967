using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Mdf;
using Mesh.Formats.Mdf4.Writing;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Writes sorted, finalised MDF 4.10 (4.20 where a channel needs it) from messages of encoding <c>mdf-record</c>: one data group per channel
/// group, records bit for bit as they were. Memory stays within <see cref="Mdf4WriterOptions.MaxBufferedBytes"/> and what one message needs.
/// Until <see cref="CompleteAsync"/> the file is marked unfinalised, with only its record counts missing.
/// </summary>
public sealed partial class Mdf4RecordingWriter : RecordingWriter
{
    private readonly Stream output;
    private readonly Mdf4BlockFile file;
    private readonly List<Mdf4Group> groups = [];
    private readonly List<Mdf4RecordPlan?> plans = [];
    private readonly List<RecordingMetadata> metadata = [];
    private readonly long historyTimeNs;
    private long headerPosition;
    private long lastGroupLink;
    private long lastAttachmentLink;
    private long? startNs;
    private bool is420;
    private bool completed;

    /// <param name="output">Takes the file from its position 0 on; must seek. Not disposed.</param>
    /// <param name="options">Compression and limits.</param>
    public Mdf4RecordingWriter(Stream output, Mdf4WriterOptions? options = null)
    {
        if (!output.CanSeek || !output.CanWrite) throw new ArgumentException("MDF 4 is written to a stream that can seek: its header is completed at the end.", nameof(output));
        this.output = output;
        Options = options ?? new Mdf4WriterOptions();
        file = new Mdf4BlockFile(output, Options);
        historyTimeNs = (Options.Clock.GetUtcNow().UtcDateTime - DateTime.UnixEpoch).Ticks * 100;
        WriteHead();
        if (Options.StartTimeNs is { } start) SetStart((long)Math.Min(start, long.MaxValue));
    }

    /// <summary>How it writes.</summary>
    public Mdf4WriterOptions Options { get; }

    /// <summary>Adds a channel: a channel group.</summary>
    /// <param name="channel">Encoding <c>mdf-record</c> with an <c>mdf</c> schema; its topic becomes the group's acquisition name.</param>
    /// <exception cref="RecordingFormatException">
    /// <c>MESH10010</c>: another encoding; <c>MESH10272</c>: a variable-length value without a channel.
    /// </exception>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10320</c> to <c>MESH10322</c>: its layout does not hold together.</exception>
    public override int AddChannel(RecordingChannel channel)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        if (channel.MessageEncoding != MdfRecordLayout.MessageEncoding || channel.Schema?.Encoding != MdfRecordLayout.SchemaEncoding)
        {
            throw new RecordingFormatException(
                "MESH10010", $"MDF 4 cannot carry the messages of '{channel.Topic}' (encoding '{channel.MessageEncoding}', schema '{channel.Schema?.Encoding}') as they are; it can carry MDF records and columns. Convert the recording to MDF 4, or write MCAP.");
        }

        var layout = MdfRecordLayout.Parse(channel.Schema);
        plans.Add(new Mdf4RecordPlan(layout));
        groups.Add(new Mdf4Group(file, channel.Topic.Length > 0 ? channel.Topic : layout.Group));
        return groups.Count - 1;
    }

    /// <summary>Appends a record.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10270</c>: the payload is not a record of the channel's layout.</exception>
    public override ValueTask WriteAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        var group = groups[channel];
        var plan = plans[channel] ?? throw new InvalidOperationException($"Group '{group.Name}' takes columns.");
        long logTimeNs = (long)Math.Min(message.LogTimeNs, long.MaxValue);
        var bytes = payload.Span;
        RequireRecord(group, plan, bytes);
        if (!group.IsOpen) Open(group, plan, logTimeNs, bytes);

        if (!Fits(group, plan, bytes) || file.BufferedBytes > Options.MaxBufferedBytes / 2)
        {
            return MakeRoomAndWriteAsync(group, plan, logTimeNs, payload, cancellationToken);
        }

        Write(group, plan, logTimeNs, bytes);
        return ValueTask.CompletedTask;
    }

    private async ValueTask MakeRoomAndWriteAsync(Mdf4Group group, Mdf4RecordPlan plan, long logTimeNs, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (!Fits(group, plan, payload.Span)) await FlushFullAsync(group, plan, payload, cancellationToken).ConfigureAwait(false);
        await KeepWithinBudgetAsync(cancellationToken).ConfigureAwait(false);
        Write(group, plan, logTimeNs, payload.Span);
    }

    private static async ValueTask FlushFullAsync(Mdf4Group group, Mdf4RecordPlan plan, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (!group.Records.Fits(group.RecordBytes)) await group.Records.FlushAsync(cancellationToken).ConfigureAwait(false);
        int offset = plan.FixedBytes;
        foreach (var values in group.Values)
        {
            int length = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(payload.Span[offset..]);
            if (!values.Fits(length)) await values.FlushAsync(cancellationToken).ConfigureAwait(false);
            offset += length;
        }
    }

    private static bool Fits(Mdf4Group group, Mdf4RecordPlan plan, ReadOnlySpan<byte> payload)
    {
        if (!group.Records.Fits(group.RecordBytes)) return false;
        int offset = plan.FixedBytes;
        foreach (var values in group.Values)
        {
            int length = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(payload[offset..]);
            if (!values.Fits(length)) return false;
            offset += length;
        }

        return true;
    }

    private static void Write(Mdf4Group group, Mdf4RecordPlan plan, long logTimeNs, ReadOnlySpan<byte> payload)
    {
        var record = group.Records.Take(group.RecordBytes);
        plan.Write(payload, logTimeNs, record);
        int offset = plan.FixedBytes;
        for (int i = 0; i < group.Values.Length; i++)
        {
            // A value in an SD block is what it is in the message: its length, then its bytes.
            int length = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(payload[offset..]);
            BinaryPrimitives.WriteInt64LittleEndian(record[plan.Slots[i]..], group.Values[i].TotalBytes);
            payload.Slice(offset, length).CopyTo(group.Values[i].Take(length));
            offset += length;
        }

        group.Cycles++;
    }

    private static void RequireRecord(Mdf4Group group, Mdf4RecordPlan plan, ReadOnlySpan<byte> payload)
    {
        long offset = plan.FixedBytes;
        for (int i = 0; i < plan.Slots.Length && offset <= payload.Length - sizeof(int); i++)
        {
            offset += sizeof(int) + (long)BinaryPrimitives.ReadUInt32LittleEndian(payload[(int)offset..]);
            if (i == plan.Slots.Length - 1 && offset == payload.Length) return;
        }

        if (plan.Slots.Length == 0 && offset == payload.Length) return;
        throw new RecordingFormatException(
            "MESH10270", $"A message of '{group.Name}' has {payload.Length} bytes, which is not a record of its layout ({plan.FixedBytes} bytes and {plan.Slots.Length} variable-length values).");
    }

    private void Open(Mdf4Group group, Mdf4RecordPlan plan, long? logTimeNs, ReadOnlySpan<byte> payload)
    {
        long? start = logTimeNs is { } time ? plan.StartOf(time, payload) : null;
        if (startNs is null && (start ?? logTimeNs) is { } first) SetStart(first);
        if (plan.NeedsVersion420) SetVersion420();
        Open(group, plan.Settle(startNs ?? 0, start, logTimeNs is not null));
    }

    private void Open(Mdf4Group group, MdfRecordLayout layout)
    {
        group.Open(layout);
        file.Patch(lastGroupLink, (ulong)group.Addresses.DataGroup);
        lastGroupLink = group.Addresses.NextLink;
    }

    /// <summary>Writes the fullest blocks while those being filled hold more than their share.</summary>
    private async ValueTask KeepWithinBudgetAsync(CancellationToken cancellationToken)
    {
        while (file.BufferedBytes > Options.MaxBufferedBytes / 2)
        {
            Mdf4Group? largest = null;
            long held = 0;
            foreach (var group in groups)
            {
                if (group.HeldBytes <= held) continue;
                largest = group;
                held = group.HeldBytes;
            }

            if (largest is null) return;
            await largest.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
