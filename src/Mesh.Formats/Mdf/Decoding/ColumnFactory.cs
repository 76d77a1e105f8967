using Mesh.Columnar;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Makes the columns of a layout that <see cref="LayoutCheck"/> has passed.</summary>
internal sealed class ColumnFactory(MdfRecordLayout layout, bool isRaw, int maxNesting)
{
    private readonly List<string> problems = [];

    /// <summary>Channels that give nothing, or less than the file says, and why.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>The column of a channel; all null when it cannot be read.</summary>
    public ChannelColumn Create(MdfChannelLayout channel)
    {
        try
        {
            return channel.IsStructure ? Structure(channel) : Value(channel);
        }
        catch (ConversionException exception)
        {
            problems.Add($"Channel '{channel.Name}' is left empty: {exception.Message}. Its raw values can still be read.");
        }
        catch (ChannelException exception)
        {
            problems.Add($"Channel '{channel.Name}' is left empty: {exception.Message}.");
        }

        return new NullColumn(FallbackType(channel));
    }

    /// <summary>Which values of a channel are invalid, whether or not they become null; null when its bit is not in the record.</summary>
    public Invalidation? InvalidationOf(MdfChannelLayout channel)
    {
        if (channel.AllInvalid) return Invalidation.All;
        if (channel.InvalidationBit < 0) return Invalidation.None;
        if (channel.InvalidationBit / 8 >= layout.InvalidationBytes) return null;
        return Invalidation.Bit(layout.DataBytes + (channel.InvalidationBit / 8), channel.InvalidationBit % 8);
    }

    private static DataType FallbackType(MdfChannelLayout channel) => channel.DataType switch
    {
        MdfDataType.StringLatin1 or MdfDataType.StringUtf8 or MdfDataType.StringUtf16LittleEndian or MdfDataType.StringUtf16BigEndian => DataType.Utf8,
        MdfDataType.ByteArray or MdfDataType.MimeSample or MdfDataType.MimeStream => DataType.Binary,
        _ => DataType.Float64,
    };

    private BytesColumn<FixedBytes> Structure(MdfChannelLayout channel)
    {
        int count = BytesIn(channel);
        Place(channel, null, count);
        return new BytesColumn<FixedBytes>(new FixedBytes(channel.ByteOffset, count));
    }

    private ChannelColumn Value(MdfChannelLayout channel)
    {
        var array = ArrayOf(channel);
        var invalidation = isRaw ? Invalidation.None : InvalidationOf(channel)
            ?? throw new ChannelException($"its invalidation bit {channel.InvalidationBit} lies beyond the record's {layout.InvalidationBytes} bytes of them");
        if (array is null) return Single(channel, null, invalidation);
        bool isPerElement = !isRaw && !channel.AllInvalid && channel.InvalidationBit >= 0 && array.InvalidationStride != 0;
        if (isPerElement)
        {
            long last = channel.InvalidationBit + ((ArrayExtent.Of(array).Count - 1) * array.InvalidationStride);
            if (last < 0 || last / 8 >= layout.InvalidationBytes) throw new ChannelException("its elements' invalidation bits lie beyond the record's");
        }

        return new ArrayColumn(Single(channel, array, Invalidation.None), array, layout.DataBytes, isPerElement ? channel.InvalidationBit : -1)
        {
            Invalidation = isPerElement ? Invalidation.None : invalidation,
        };
    }

    /// <summary>The channel's own array within those of the structures it is a member of.</summary>
    private MdfArrayLayout? ArrayOf(MdfChannelLayout channel)
    {
        var array = channel.Array;
        for (int parent = channel.Parent; parent >= 0; parent = layout.Channels[parent].Parent)
        {
            if (layout.Channels[parent].Array is not { } outer) continue;
            array = array is null
                ? outer with { InvalidationStride = 0 }
                : new MdfArrayLayout([.. outer.Dimensions, .. array.Dimensions], [.. outer.Strides, .. array.Strides], outer.BaseOffset + array.BaseOffset, 0);
        }

        return array;
    }

    private ChannelColumn Single(MdfChannelLayout channel, MdfArrayLayout? array, Invalidation invalidation)
    {
        switch (channel.DataType)
        {
            case MdfDataType.StringLatin1 or MdfDataType.StringUtf8 or MdfDataType.StringUtf16LittleEndian or MdfDataType.StringUtf16BigEndian:
                return Bytes(channel, array, new StringUse(channel.DataType, Compile(channel, isInteger: false), invalidation));
            case MdfDataType.ByteArray or MdfDataType.MimeSample or MdfDataType.MimeStream:
                return Bytes(channel, array, new BinaryUse(invalidation));
            case MdfDataType.CanOpenDate:
                Place(channel, array, CanOpenColumn.DateBytes);
                return new CanOpenColumn(channel.ByteOffset, true) { Invalidation = invalidation };
            case MdfDataType.CanOpenTime:
                Place(channel, array, CanOpenColumn.TimeBytes);
                return new CanOpenColumn(channel.ByteOffset, false) { Invalidation = invalidation };
            case MdfDataType.ComplexLittleEndian or MdfDataType.ComplexBigEndian:
                return Complex(channel, array, invalidation);
            case MdfDataType type when Enum.IsDefined(type):
                return Number(channel, array, invalidation);
            default:
                throw new ChannelException($"its data type {(int)channel.DataType} is not known");
        }
    }

    private ChannelColumn Number(MdfChannelLayout channel, MdfArrayLayout? array, Invalidation invalidation)
    {
        bool isInteger = channel.DataType <= MdfDataType.SignedBigEndian;
        if (channel.Type is MdfChannelType.VirtualMaster or MdfChannelType.VirtualData)
        {
            if (!layout.HasRecordIndex) throw new ChannelException("it is virtual, but the messages have no record index");
            var index = new NumberPlace(MdfDataType.SignedLittleEndian, layout.DataBytes + layout.InvalidationBytes, 0, 64, layout.DataBytes + layout.InvalidationBytes, 8);
            return RawReader.Choose<NumberUse, ChannelColumn>(index, new NumberUse(Compile(channel, isInteger: true), invalidation));
        }

        // Values of variable length are texts or bytes; a wide integer has no column type. Both are given as they are.
        if (channel.Type == MdfChannelType.VariableLength || (isInteger && channel.BitCount > 64))
        {
            return Bytes(channel, array, new BinaryUse(invalidation));
        }

        var place = Number(channel, array, channel.DataType, channel.ByteOffset, channel.BitCount);
        return RawReader.Choose<NumberUse, ChannelColumn>(place, new NumberUse(Compile(channel, isInteger), invalidation));
    }

    private NumberPlace Number(MdfChannelLayout channel, MdfArrayLayout? array, MdfDataType type, int at, int bits)
    {
        var place = new NumberPlace(type, at, channel.BitOffset, bits, 0, 0);
        if (place.Problem is { } problem) throw new ChannelException(problem);
        var (low, high) = Place(channel, array, place.Bytes, at);
        int record = layout.FixedBytes;
        return place with { Before = (int)low, After = (int)(record - high) };
    }

    private ComplexColumn Complex(MdfChannelLayout channel, MdfArrayLayout? array, Invalidation invalidation)
    {
        int half = channel.BitCount / 2;
        if (channel.BitCount is not (32 or 64 or 128) || channel.BitOffset != 0) throw new ChannelException($"a complex number cannot have {channel.BitCount} bits");
        var type = channel.DataType == MdfDataType.ComplexLittleEndian ? MdfDataType.FloatLittleEndian : MdfDataType.FloatBigEndian;
        var use = new NumberUse(CompiledConversion.Identity, Invalidation.None);
        var real = RawReader.Choose<NumberUse, ChannelColumn>(Number(channel, array, type, channel.ByteOffset, half), use);
        var imaginary = RawReader.Choose<NumberUse, ChannelColumn>(Number(channel, array, type, channel.ByteOffset + (half / 8), half), use);
        return new ComplexColumn(real.Type, real, imaginary) { Invalidation = invalidation };
    }

    private ChannelColumn Bytes<TUse>(MdfChannelLayout channel, MdfArrayLayout? array, TUse use)
        where TUse : struct, IBytesUse
    {
        if (channel.Type == MdfChannelType.VariableLength)
        {
            if (array is not null) throw new ChannelException("it is an array of values of variable length, which the format does not have");
            if (channel.VariableIndex < 0) throw new ChannelException("it is of variable length, but the messages do not carry its values");
            return use.Use(new VariableBytes(channel.VariableIndex));
        }

        int count = BytesIn(channel);
        Place(channel, array, count);
        if (channel.Type != MdfChannelType.MaximumLength || channel.SizeChannel < 0) return use.Use(new FixedBytes(channel.ByteOffset, count));
        if (array is not null) throw new ChannelException("it is an array of values of a maximum length, which the format does not have");
        var size = layout.Channels[channel.SizeChannel];
        if (size.DataType > MdfDataType.SignedBigEndian || size.Type is not (MdfChannelType.Fixed or MdfChannelType.Master) || size.Array is not null)
        {
            throw new ChannelException($"channel '{size.Name}' cannot give its length");
        }

        var place = Number(size, null, size.DataType, size.ByteOffset, size.BitCount);
        return RawReader.Choose<MaximumLengthUse<TUse>, ChannelColumn>(place, new MaximumLengthUse<TUse>(channel.ByteOffset, count, use));
    }

    private static int BytesIn(MdfChannelLayout channel) => (int)((channel.BitCount + 7L) / 8);

    private CompiledConversion Compile(MdfChannelLayout channel, bool isInteger) =>
        isRaw ? CompiledConversion.Identity : new ConversionCompiler(isInteger, maxNesting).Compile(channel.Conversion);

    private void Place(MdfChannelLayout channel, MdfArrayLayout? array, int bytes) => Place(channel, array, bytes, channel.ByteOffset);

    /// <summary>First byte of the lowest and of the highest element, known to lie within the record's data.</summary>
    private (long Low, long High) Place(MdfChannelLayout channel, MdfArrayLayout? array, int bytes, int at)
    {
        var extent = array is null ? new ArrayExtent(1, 0, 0) : ArrayExtent.Of(array);
        if (array is not null && extent.Count > layout.DataBytes) throw new ChannelException($"its {extent.Count:N0} elements do not fit into {layout.DataBytes:N0} bytes");
        long low = at + extent.Low;
        long high = at + extent.High;
        if (low < 0 || high + bytes > layout.DataBytes)
        {
            throw new ChannelException($"its bytes {low:N0} to {high + bytes:N0} lie beyond the record's {layout.DataBytes:N0}");
        }

        return (low, high);
    }
}
