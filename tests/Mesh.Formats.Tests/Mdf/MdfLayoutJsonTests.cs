using System.Text;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf;

public sealed class MdfLayoutJsonTests
{
    [Fact]
    public void A_layout_with_every_field_set_comes_back_as_it_was()
    {
        var deep = MdfDecoding.Conversion(MdfConversionKind.Linear, double.NaN, double.PositiveInfinity);
        for (int i = 0; i < 20; i++)
        {
            deep = MdfDecoding.Conversion(MdfConversionKind.ValueToText, -0.0, double.NegativeInfinity, double.Epsilon) with
            {
                References = [MdfDecoding.Text("ä\"\0"), MdfDecoding.Nested(deep), MdfDecoding.Nil, new MdfConversionReference("", null)],
                Name = $"cc{i}",
                Unit = "°C",
                Formula = "X",
            };
        }

        var layout = new MdfRecordLayout
        {
            Group = "gruppe ß",
            DataBytes = 17,
            InvalidationBytes = 2,
            HasRecordIndex = true,
            VariableCount = 2,
            Bus = "CAN",
            Source = "src",
            Comment = "why",
            Channels =
            [
                new MdfChannelLayout { Name = "plain" },
                new MdfChannelLayout
                {
                    Name = "all",
                    Type = MdfChannelType.MaximumLength,
                    DataType = MdfDataType.VaxDFloat,
                    ByteOffset = 1,
                    BitOffset = 2,
                    BitCount = 3,
                    InvalidationBit = 4,
                    AllInvalid = true,
                    VariableIndex = 1,
                    SizeChannel = 5,
                    Parent = 6,
                    IsStructure = true,
                    Array = new MdfArrayLayout([1, 2], [-3, 4], -5, 6),
                    Conversion = deep,
                    Unit = "m",
                    Comment = "c",
                },
                // Zero is a place like any other where "none" is -1.
                new MdfChannelLayout { Name = "zeros", InvalidationBit = 0, VariableIndex = 0, SizeChannel = 0, Parent = 0 },
            ],
        };
        var schema = layout.ToSchema();
        var back = MdfRecordLayout.Parse(schema);
        (back with { Channels = layout.Channels }).ShouldBe(layout);
        for (int i = 0; i < layout.Channels.Count; i++) (back.Channels[i] with { Array = null, Conversion = null }).ShouldBe(layout.Channels[i] with { Array = null, Conversion = null });
        back.Channels[1].Array!.Dimensions.ShouldBe([1, 2]);
        back.Channels[1].Array!.Strides.ShouldBe([-3, 4]);
        back.Channels[1].Array!.BaseOffset.ShouldBe(-5);
        back.Channels[1].Array!.InvalidationStride.ShouldBe(6);
        ShouldBeSame(back.Channels[1].Conversion!, deep);
        back.Channels[0].InvalidationBit.ShouldBe(-1);
        back.Channels[0].SizeChannel.ShouldBe(-1);
        back.Channels[2].InvalidationBit.ShouldBe(0);
        back.Channels[2].Parent.ShouldBe(0);
        back.Channels[0].Unit.ShouldBe("");
        back.ToSchema().Data.ToArray().ShouldBe(schema.Data.ToArray());
    }

    private static void ShouldBeSame(MdfConversion found, MdfConversion expected)
    {
        found.Values.Select(BitConverter.DoubleToInt64Bits).ShouldBe(expected.Values.Select(BitConverter.DoubleToInt64Bits));
        (found.Kind, found.Name, found.Unit, found.Formula).ShouldBe((expected.Kind, expected.Name, expected.Unit, expected.Formula));
        found.References.Select(reference => reference.Text).ShouldBe(expected.References.Select(reference => reference.Text));
        for (int i = 0; i < expected.References.Count; i++)
        {
            if (expected.References[i].Conversion is { } nested) ShouldBeSame(found.References[i].Conversion!, nested);
            else found.References[i].Conversion.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF)]
    [InlineData(0x7FF0_0000_0000_0001)]
    [InlineData(0x8000_0000_0000_0000)]
    [InlineData(0x0000_0000_0000_0001)]
    [InlineData(0x7FF8_0000_0000_0000)]
    [InlineData(0xFFF8_0000_0000_0000)]
    public void Bit_masks_keep_their_bits_also_where_they_are_no_number(ulong mask)
    {
        var channel = MdfDecoding.Channel("c", MdfDataType.UnsignedLittleEndian, 0, 8) with
        {
            Conversion = MdfDecoding.Conversion(MdfConversionKind.BitfieldText, BitConverter.UInt64BitsToDouble(mask)),
        };
        var back = MdfRecordLayout.Parse(MdfDecoding.Layout(1, channel).ToSchema());
        BitConverter.DoubleToUInt64Bits(back.Channels[0].Conversion!.Values[0]).ShouldBe(mask);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"group\":null,\"data_bytes\":1,\"channels\":[]}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":1,\"channels\":null}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":1,\"channels\":[null]}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":-1,\"channels\":[]}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":2147483647,\"invalidation_bytes\":2147483647,\"channels\":[]}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":1e99,\"channels\":[]}")]
    [InlineData("{\"group\":\"g\",\"data_bytes\":1,\"variable_count\":2000000000,\"channels\":[]}")]
    public void What_is_no_layout_is_refused(string json)
    {
        var exception = Should.Throw<MeshException>(() => MdfRecordDecoder.Create(Schema(json), MdfDecoding.Physical));
        exception.Code.ShouldStartWith("MESH1032");
    }

    [Theory]
    [InlineData("\"byte_offset\":-1")]
    [InlineData("\"byte_offset\":-2147483648,\"bit_count\":2147483647")]
    [InlineData("\"bit_offset\":8")]
    [InlineData("\"bit_count\":-8")]
    [InlineData("\"parent\":0")]
    [InlineData("\"parent\":7")]
    [InlineData("\"parent\":-2")]
    [InlineData("\"size_channel\":0")]
    [InlineData("\"size_channel\":9")]
    [InlineData("\"variable_index\":0")]
    [InlineData("\"invalidation_bit\":-2")]
    [InlineData("\"array\":{\"dimensions\":[],\"strides\":[],\"base_offset\":0,\"invalidation_stride\":0}")]
    [InlineData("\"array\":{\"dimensions\":[2],\"strides\":[],\"base_offset\":0,\"invalidation_stride\":0}")]
    [InlineData("\"array\":{\"dimensions\":[-2],\"strides\":[1],\"base_offset\":0,\"invalidation_stride\":0}")]
    [InlineData("\"array\":{\"dimensions\":null,\"strides\":[1],\"base_offset\":0,\"invalidation_stride\":0}")]
    [InlineData("\"array\":{}")]
    [InlineData("\"conversion\":{}")]
    [InlineData("\"conversion\":{\"kind\":1,\"values\":null}")]
    [InlineData("\"conversion\":{\"kind\":1,\"values\":[\"x\"]}")]
    [InlineData("\"conversion\":{\"kind\":7,\"references\":[{\"conversion\":{\"kind\":1,\"values\":null}}]}")]
    [InlineData("\"unit\":null")]
    [InlineData("\"unit\":\"\\ud800\"")]
    [InlineData("\"conversion\":{\"kind\":1,\"values\":[\"\\ud800\"]}")]
    public void A_channel_that_no_file_can_mean_is_refused(string field)
    {
        string json = "{\"group\":\"g\",\"data_bytes\":8,\"channels\":[{\"name\":\"bad\",\"invalidation_bit\":-1,\"variable_index\":-1,\"size_channel\":-1,\"parent\":-1,\"bit_count\":8,"
            + field + "}]}";
        var exception = Should.Throw<MeshException>(() => MdfRecordDecoder.Create(Schema(json), MdfDecoding.Physical));
        exception.Code.ShouldStartWith("MESH1032");
    }

    [Fact]
    public void Mutated_layouts_are_refused_or_decode()
    {
        var layout = new MdfRecordLayout
        {
            Group = "g",
            DataBytes = 40,
            InvalidationBytes = 1,
            HasRecordIndex = true,
            VariableCount = 1,
            Channels =
            [
                MdfDecoding.Channel("i", MdfDataType.UnsignedBigEndian, 3, 30, 5) with { InvalidationBit = 3 },
                MdfDecoding.Channel("a", MdfDataType.FloatLittleEndian, 8, 32) with { Array = new MdfArrayLayout([2, 3], [12, 4], 0, 1), InvalidationBit = 1 },
                MdfDecoding.Channel("s", MdfDataType.StringUtf16BigEndian, 32, 64) with { Type = MdfChannelType.MaximumLength, SizeChannel = 0 },
                MdfDecoding.Channel("v", MdfDataType.StringLatin1, 0, 64) with { Type = MdfChannelType.VariableLength, VariableIndex = 0 },
                MdfDecoding.Channel("b", MdfDataType.UnsignedLittleEndian, 1, 16) with
                {
                    Conversion = MdfDecoding.Conversion(MdfConversionKind.RangeToText, 1, 4, 5, 9) with
                    {
                        References = [MdfDecoding.Text("x"), MdfDecoding.Nested(MdfDecoding.Conversion(MdfConversionKind.Algebraic) with { Formula = "sqrt(X1)^2+0x1F" }), MdfDecoding.Nil],
                    },
                },
                MdfDecoding.Channel("m", MdfDataType.UnsignedLittleEndian, 1, 64) with { Type = MdfChannelType.VirtualMaster },
            ],
        };
        byte[] json = layout.ToSchema().Data.ToArray();
        byte[] record = new byte[49 + 4 + 6];
        record[49] = 6;
        var random = new Random(11);
        int decoded = 0;
        for (int round = 0; round < 4000; round++)
        {
            byte[] mutated = [.. json];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                int at = random.Next(mutated.Length);
                mutated[at] = char.IsAsciiDigit((char)mutated[at]) ? (byte)('0' + random.Next(10)) : random.Next(3) == 0 ? (byte)random.Next(32, 127) : mutated[at];
            }

            try
            {
                var decoder = MdfRecordDecoder.Create(new MessageSchema("s", MdfRecordLayout.SchemaEncoding, mutated), round % 2 == 0 ? MdfDecoding.Physical : MdfDecoding.Raw);
                MdfDecoding.Decode(decoder, record, [new MessageRef(0, 0, 0, 0, 0, record.Length, 0)]).Length.ShouldBe(1);
                decoded++;
            }
            catch (MessageFormatException)
            {
                decoded++;
            }
            catch (MeshException exception)
            {
                exception.Code.ShouldStartWith("MESH1032");
            }
        }

        decoded.ShouldBeGreaterThan(500);
    }

    private static MessageSchema Schema(string json) => new("mdf/g", MdfRecordLayout.SchemaEncoding, Encoding.UTF8.GetBytes(json));
}
