using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Mesh.Formats.Tests.Mcap;
using Shouldly;
using Xunit;
using static Mesh.Formats.Tests.Mdf.MdfDecoding;

namespace Mesh.Formats.Tests.Mdf;

[Collection(nameof(Alone))]
public sealed class MdfDecodeAllocationTests
{
    [Fact]
    public void Decoding_into_columns_that_have_grown_allocates_nothing()
    {
        const int Records = 100_000;
        var table = Conversion(MdfConversionKind.ValueToText, 0, 1) with { References = [Text("off"), Nested(Conversion(MdfConversionKind.Linear, 0, 0.1)), Text("other")] };
        var layout = Layout(
            32,
            Channel("a", MdfDataType.SignedBigEndian, 0, 20, 3) with { InvalidationBit = 2 },
            Channel("b", MdfDataType.FloatLittleEndian, 4, 64),
            Channel("formula", MdfDataType.UnsignedLittleEndian, 4, 16) with { Conversion = Conversion(MdfConversionKind.Algebraic) with { Formula = "sqrt(X) + X^2" } },
            Channel("text", MdfDataType.UnsignedLittleEndian, 12, 2) with { Conversion = table },
            Channel("fixed", MdfDataType.StringUtf16BigEndian, 14, 64),
            Channel("array", MdfDataType.UnsignedLittleEndian, 22, 8) with { Array = new MdfArrayLayout([2, 2], [2, 1], 0, 0) },
            Channel("variable", MdfDataType.StringLatin1, 0, 64) with { Type = MdfChannelType.VariableLength, VariableIndex = 0 }) with { InvalidationBytes = 1, VariableCount = 1 };
        byte[] data = new byte[Records * 40];
        new Random(2).NextBytes(data);
        for (int i = 0; i < Records; i++) BitConverter.TryWriteBytes(data.AsSpan((i * 40) + 33), 3);
        var refs = Refs(Records, 40, 40);
        var decoder = MdfRecordDecoder.Create(layout, Physical);
        decoder.Problems.ShouldBeEmpty();
        var row = new StructBuilder(decoder.Type);
        ColumnBuilder[] columns = [.. row.Children];
        Decode();
        Decode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decode();
        // A tile's scratch from the pool at most.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4096);

        void Decode()
        {
            row.Truncate(0);
            foreach (var column in columns) column.Truncate(0);
            decoder.DecodeRun(data, refs, columns, out var failure).ShouldBe(Records);
            failure.ShouldBeNull();
            row.EndStructs(Records);
        }
    }
}
