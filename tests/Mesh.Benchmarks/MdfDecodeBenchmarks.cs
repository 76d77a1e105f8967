using BenchmarkDotNet.Attributes;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages;

namespace Mesh.Benchmarks;

/// <summary>
/// MDF records to columns: 100,000 records of 100 channels, ten million values per operation; in ten channels two doubles, a float, bytes and
/// 16-bit words of both orders, a bit-packed value and a text table, a third of them scaled.
/// </summary>
public class MdfDecodeBenchmarks
{
    private const int Records = 100_000;
    private const int RecordsPerRun = 4096;
    private const int Channels = 100;

    private byte[] data = [];
    private MessageRef[] refs = [];
    private MessageDecoder decoder = null!;
    private StructBuilder row = null!;
    private ColumnBuilder[] columns = [];

    /// <summary>Whether conversions are left out.</summary>
    [Params(false, true)]
    public bool RawValues { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var layout = MakeLayout();
        data = new byte[Records * layout.DataBytes];
        new Random(1).NextBytes(data);
        refs = [.. Enumerable.Range(0, Records).Select(i => new MessageRef(0, 0, 0, 0, i * layout.DataBytes, layout.DataBytes, 0))];
        decoder = MessageDecoders.Create(MdfRecordLayout.MessageEncoding, layout.ToSchema(), new MessageDecoderOptions { RawValues = RawValues });
        row = new StructBuilder(decoder.Type);
        columns = [.. row.Children];
        PayloadBytes.Set(typeof(MdfDecodeBenchmarks), data.Length);
    }

    [Benchmark]
    public int Decode()
    {
        int rows = 0;
        for (int from = 0; from < Records; from += RecordsPerRun)
        {
            // As readers do it: blocks of a few megabytes, columns handed on before they outgrow the cache.
            if (row.Length >= 16 * RecordsPerRun) row.Truncate(0);
            int decoded = decoder.DecodeRun(data, refs.AsSpan(from, Math.Min(RecordsPerRun, Records - from)), columns, out _);
            row.EndStructs(decoded);
            rows += decoded;
        }

        row.Truncate(0);
        return rows;
    }

    private static MdfRecordLayout MakeLayout()
    {
        var linear = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [-40, 0.5] };
        var states = new MdfConversion
        {
            Kind = MdfConversionKind.ValueToText,
            Values = [0, 1, 2],
            References = [new("off", null), new("on", null), new("error", null), new("not available", null)],
        };
        (MdfDataType Type, int Bits, int Bit, MdfConversion? Conversion)[] kinds =
        [
            (MdfDataType.FloatLittleEndian, 64, 0, null), (MdfDataType.FloatLittleEndian, 64, 0, null), (MdfDataType.FloatLittleEndian, 32, 0, null),
            (MdfDataType.UnsignedLittleEndian, 8, 0, null), (MdfDataType.SignedLittleEndian, 16, 0, linear), (MdfDataType.UnsignedBigEndian, 16, 0, linear),
            (MdfDataType.UnsignedLittleEndian, 12, 3, linear), (MdfDataType.SignedBigEndian, 11, 2, null), (MdfDataType.UnsignedLittleEndian, 32, 0, null),
            (MdfDataType.UnsignedLittleEndian, 2, 4, states),
        ];
        var channels = new List<MdfChannelLayout>();
        int at = 0;
        for (int i = 0; i < Channels; i++)
        {
            var (type, bits, bit, conversion) = kinds[i % kinds.Length];
            channels.Add(new MdfChannelLayout { Name = $"c{i}", DataType = type, ByteOffset = at, BitOffset = bit, BitCount = bits, Conversion = conversion });
            at += (bit + bits + 7) / 8;
        }

        return new MdfRecordLayout { Group = "benchmark", DataBytes = at, Channels = channels };
    }
}
