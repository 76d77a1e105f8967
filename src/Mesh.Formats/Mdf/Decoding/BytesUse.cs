using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>What is to be made of a channel's bytes.</summary>
internal interface IBytesUse
{
    ChannelColumn Use<TBytes>(TBytes bytes)
        where TBytes : struct, IValueBytes;
}

/// <summary>A binary column.</summary>
internal readonly struct BinaryUse(Invalidation invalidation) : IBytesUse
{
    public ChannelColumn Use<TBytes>(TBytes bytes)
        where TBytes : struct, IValueBytes => new BytesColumn<TBytes>(bytes) { Invalidation = invalidation };
}

/// <summary>A column of text, or of the numbers that the texts mean.</summary>
internal readonly struct StringUse(MdfDataType encoding, CompiledConversion conversion, Invalidation invalidation) : IBytesUse
{
    public ChannelColumn Use<TBytes>(TBytes bytes)
        where TBytes : struct, IValueBytes => conversion.TextToValue is { } toValue
        ? new StringNumberColumn<TBytes>(bytes, encoding, toValue) { Invalidation = invalidation }
        : new StringColumn<TBytes>(bytes, encoding, conversion.TextToText) { Invalidation = invalidation };
}

/// <summary>The same for bytes whose number another channel gives.</summary>
internal readonly struct MaximumLengthUse<TUse>(int at, int max, TUse use) : IReadUse<ChannelColumn>
    where TUse : struct, IBytesUse
{
    public ChannelColumn Use<TRead, TRaw>(TRead read)
        where TRead : struct, IRead<TRaw>
        where TRaw : unmanaged => use.Use(new MaximumLengthBytes<TRead, TRaw>(at, max, read));
}
