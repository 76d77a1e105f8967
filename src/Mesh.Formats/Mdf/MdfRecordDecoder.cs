using System.Buffers;
using System.Buffers.Binary;
using Mesh.Columnar;
using Mesh.Formats.Mdf.Decoding;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Mdf;

/// <summary>
/// Turns the records of one channel group into columns: channel by channel over tiles of records, with loops made for each channel's place, type and
/// conversion.
/// </summary>
/// <remarks>
/// Physical values are null where the recorder marked them invalid. With <see cref="MessageDecoderOptions.RawValues"/> values are as stored, also
/// where invalid. Structures have no column of their own unless values are raw.
/// </remarks>
internal sealed unsafe class MdfRecordDecoder : MessageDecoder
{
    // What a core keeps close while all channels read from it, next to what they write.
    private const int TileBytes = 128 << 10;

    private readonly MdfRecordLayout layout;
    private readonly ChannelColumn[] columns;
    private readonly Invalidation[] invalidations;
    private readonly int fixedBytes;
    private readonly int tileRows;

    private MdfRecordDecoder(MdfRecordLayout layout, MessageDecoderOptions options)
    {
        this.layout = layout;
        fixedBytes = layout.FixedBytes;
        int bytesPerRow = Math.Max(1, fixedBytes) + (layout.VariableCount * 2 * sizeof(int));
        tileRows = Math.Clamp(TileBytes / bytesPerRow, 16, RecordTile.MaxRows);
        var factory = new ColumnFactory(layout, options.RawValues, options.MaxNesting);
        MdfChannelLayout[] channels = [.. layout.Channels.Where(channel => options.RawValues || !channel.IsStructure)];
        columns = [.. channels.Select(factory.Create)];
        invalidations = [.. channels.Select((channel, i) => columns[i] is NullColumn ? Invalidation.All : factory.InvalidationOf(channel) ?? Invalidation.All)];
        var names = Names(channels);
        Type = new StructType([.. channels.Select((channel, i) => new Field(names[i], columns[i].Type) { Doc = Doc(channel, options.RawValues) })]);
        Problems = factory.Problems;
    }

    public override StructType Type { get; }

    /// <summary>Channels whose column is all null because they cannot be read, and why.</summary>
    public override IReadOnlyList<string> Problems { get; }

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10320</c> and following: the layout does not hold together.</exception>
    public static MdfRecordDecoder Create(MessageSchema schema, MessageDecoderOptions options) => Create(MdfRecordLayout.Parse(schema), options);

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10321</c> and following: the layout does not hold together.</exception>
    public static MdfRecordDecoder Create(MdfRecordLayout layout, MessageDecoderOptions options)
    {
        LayoutCheck.Run(layout);
        return new MdfRecordDecoder(layout, options);
    }

    /// <summary>Whether the record marks the value of a column as valid; of an array as a whole.</summary>
    public bool IsValid(int column, ReadOnlySpan<byte> message)
    {
        fixed (byte* record = message[..fixedBytes]) return !invalidations[column].IsInvalid(record);
    }

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row)
    {
        var one = new MessageRef(0, 0, 0, 0, 0, message.Length, 0);
        DecodeRun(message, new ReadOnlySpan<MessageRef>(in one), row, out var failure);
        if (failure is not null) throw failure;
    }

    public override int DecodeRun(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, ReadOnlySpan<ColumnBuilder> row, out MessageFormatException? failure)
    {
        if (row.Length != columns.Length) throw new ArgumentException($"The group has {columns.Length} columns but {row.Length} builders were given.", nameof(row));
        failure = null;
        int[]? rented = layout.VariableCount == 0 ? null : ArrayPool<int>.Shared.Rent(checked(2 * tileRows * layout.VariableCount));
        try
        {
            int done = 0;
            while (done < run.Length && failure is null)
            {
                var refs = run.Slice(done, Math.Min(tileRows, run.Length - done));
                int whole = CountWhole(data, refs, rented, out failure);
                AppendTile(data, refs[..whole], rented, row);
                done += whole;
            }

            return done;
        }
        finally
        {
            if (rented is not null) ArrayPool<int>.Shared.Return(rented);
        }
    }

    private void AppendTile(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> refs, int[]? places, ReadOnlySpan<ColumnBuilder> row)
    {
        if (refs.IsEmpty) return;
        fixed (byte* bytes = data)
        fixed (MessageRef* at = refs)
        fixed (int* variable = places)
        {
            var tile = IsStrided(refs, out int stride) ? new RecordTile(bytes + refs[0].Offset, stride, refs.Length) : new RecordTile(bytes, at, refs.Length);
            if (places is not null) tile = new RecordTile(tile, bytes, variable, layout.VariableCount);
            for (int i = 0; i < columns.Length; i++) columns[i].Append(tile, row[i]);
        }
    }

    private static bool IsStrided(ReadOnlySpan<MessageRef> refs, out int stride)
    {
        stride = refs.Length > 1 ? refs[1].Offset - refs[0].Offset : 0;
        for (int i = 2; i < refs.Length; i++)
        {
            if (refs[i].Offset - refs[i - 1].Offset != stride) return false;
        }

        return true;
    }

    /// <summary>Records in front of the first that is too short; the places of their values of variable length are noted.</summary>
    private int CountWhole(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> refs, int[]? places, out MessageFormatException? failure)
    {
        int note = 0;
        for (int i = 0; i < refs.Length; i++)
        {
            ref readonly var message = ref refs[i];
            if ((uint)message.Offset > (uint)data.Length || (uint)message.Length > (uint)(data.Length - message.Offset))
            {
                throw new ArgumentOutOfRangeException(nameof(refs), "A message lies outside the data.");
            }

            if (message.Length < fixedBytes)
            {
                failure = new MessageFormatException("MESH10325", message.Length, $"a record of {fixedBytes:N0} bytes", $"{message.Length:N0}");
                return i;
            }

            if (places is null) continue;
            int at = fixedBytes;
            for (int j = 0; j < layout.VariableCount; j++)
            {
                int left = message.Length - at;
                uint length = left < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(data.Slice(message.Offset + at, sizeof(uint)));
                if (left < sizeof(uint) || length > left - sizeof(uint))
                {
                    failure = new MessageFormatException("MESH10326", at, $"value {j} of variable length", left < sizeof(uint) ? $"{left} bytes" : $"a length of {length:N0} in {left:N0} bytes");
                    return i;
                }

                places[note++] = message.Offset + at + sizeof(uint);
                places[note++] = (int)length;
                at += sizeof(uint) + (int)length;
            }
        }

        failure = null;
        return refs.Length;
    }

    private static string[] Names(MdfChannelLayout[] channels)
    {
        var names = new ColumnNames();
        var uses = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        return Array.ConvertAll(channels, channel =>
        {
            string name = channel.Name.Length == 0 ? "channel" : channel.Name;
            uses[name] = uses.GetValueOrDefault(name) + 1;
            // A suffix that grows by a character with every use would be as long as the group has channels.
            return names.Claim(uses[name] > 8 ? $"{name}_{uses[name]}" : name);
        });
    }

    private static string? Doc(MdfChannelLayout channel, bool isRaw)
    {
        string unit = !isRaw && channel.Unit.Length == 0 && channel.Conversion is { } conversion ? conversion.Unit : channel.Unit;
        string text = unit.Length == 0 ? channel.Comment : channel.Comment.Length == 0 ? $"[{unit}]" : $"[{unit}] {channel.Comment}";
        return text.Length == 0 ? null : text;
    }
}
