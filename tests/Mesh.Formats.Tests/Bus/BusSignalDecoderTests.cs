using System.Globalization;
using System.Numerics;
using System.Text;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

public sealed class BusSignalDecoderTests
{
    [Theory]
    [InlineData("foobar.dbc", "Foo", "0000000000000000", "Foo=250", "Bar=0")]
    [InlineData("foobar.dbc", "Fum", "0950000000", "Fum=9", "Fam=5")]
    [InlineData("foobar.dbc", "Bar", "0000803f", "Binary32=1")]
    [InlineData("foobar.dbc", "CanFd", "efcdab8967452301efbeaddeefbeadde", "Fie=81985529216486895", "Fas=16045690984833335023")]
    [InlineData("padding_bit_order.dbc", "MSG0", "82c9000002c90000", "B=1", "A=713", "D=0", "C=713")]
    [InlineData("padding_bit_order.dbc", "MSG1", "9305000092050000", "E=1", "F=713", "G=0", "H=713")]
    [InlineData("padding_bit_order.dbc", "MSG2", "2103000000000000", "I=1", "J=2", "K=3")]
    [InlineData("padding_bit_order.dbc", "MSG3", "0123456789abcdef", "L=81985529216486895")]
    [InlineData("padding_bit_order.dbc", "MSG4", "efcdab8967452301", "M=81985529216486895")]
    [InlineData("motohawk.dbc", "ExampleMessage", "c006e00000000000", "Temperature=250.55", "AverageRadius=3.2", "Enable=1", "Enable_text=Enabled")]
    [InlineData("motohawk.dbc", "ExampleMessage", "0100200000000000", "Temperature=229.53", "AverageRadius=0", "Enable=0")]
    [InlineData("motohawk.dbc", "ExampleMessage", "0011", "AverageRadius=0", "Enable_text=Disabled", "Temperature=")]
    [InlineData("multiplex.dbc", "Message1", "20008c0100000000", "Multiplexor=8", "BIT_C=1", "BIT_G=1", "BIT_J=1", "BIT_L=1", "BIT_A=", "BIT_K=")]
    [InlineData("multiplex.dbc", "Message1", "40008c0100000000", "Multiplexor=16", "BIT_C=1", "BIT_G=1", "BIT_J=1", "BIT_L=1", "BIT_H=")]
    [InlineData("multiplex.dbc", "Message1", "60008c35c3000000", "Multiplexor=24", "BIT_A=1", "BIT_B=1", "BIT_F=1", "BIT_H=1", "BIT_K=1")]
    [InlineData("multiplex.dbc", "Message1", "60008c35", "Multiplexor=24", "BIT_J=1", "BIT_A=1", "BIT_K=1", "BIT_E=1", "BIT_B=", "BIT_H=", "BIT_F=")]
    [InlineData("multiplex.dbc", "Message1", "", "Multiplexor=", "BIT_J=", "BIT_A=")]
    [InlineData("socialledge.dbc", "SENSOR_SONARS", "100014e001282003", "SENSOR_SONARS_mux=0", "SENSOR_SONARS_err_count=1", "SENSOR_SONARS_left=2",
        "SENSOR_SONARS_middle=3", "SENSOR_SONARS_right=4", "SENSOR_SONARS_rear=5", "SENSOR_SONARS_no_filt_left=")]
    [InlineData("socialledge.dbc", "SENSOR_SONARS", "21001e800232c003", "SENSOR_SONARS_mux=1", "SENSOR_SONARS_err_count=2", "SENSOR_SONARS_no_filt_left=3",
        "SENSOR_SONARS_no_filt_middle=4", "SENSOR_SONARS_no_filt_right=5", "SENSOR_SONARS_no_filt_rear=6", "SENSOR_SONARS_left=")]
    public void Values_are_those_of_the_cantools_tests(string file, string message, string payload, params string[] expected)
    {
        var database = BusDatabase.Parse(file, File.ReadAllBytes(TestData.PathOf("cantools_cantools", "tests", "files", "dbc", file)));
        // That test knows no parameter groups: payloads are without identifier.
        var row = Signals.Decode(database.Find(message).ShouldNotBeNull() with { IsJ1939 = false }, payload);
        foreach (string pair in expected)
        {
            string[] parts = pair.Split('=');
            row.ShouldContainKey(parts[0]);
            switch (row[parts[0]])
            {
                case null:
                    parts[1].ShouldBe("", pair);
                    break;
                case string text:
                    text.ShouldBe(parts[1]);
                    break;
                case Int128 large:
                    large.ShouldBe(Int128.Parse(parts[1], CultureInfo.InvariantCulture));
                    break;
                case var number:
                    Convert.ToDouble(number, CultureInfo.InvariantCulture).ShouldBe(double.Parse(parts[1], CultureInfo.InvariantCulture), 1e-9, pair);
                    break;
            }
        }
    }

    [Fact]
    public void Random_signals_are_what_a_bit_by_bit_reading_gives()
    {
        var random = new Random(20261122);
        for (int round = 0; round < 400; round++)
        {
            int bytes = random.Next(4) == 0 ? random.Next(1, 65) : random.Next(1, 9);
            var signals = new List<BusSignal>();
            for (int s = 0; s < 6; s++)
            {
                int bits = random.Next(1, Math.Min(64, bytes * 8) + 1);
                bool isBigEndian = random.Next(2) == 0;
                int first = random.Next(0, (bytes * 8) - bits + 1);
                bool isSigned = random.Next(2) == 0;
                double factor = random.Next(3) switch { 0 => 1, 1 => 0.125, _ => -2.5 };
                signals.Add(new BusSignal
                {
                    Name = "s" + s, BitCount = bits, IsBigEndian = isBigEndian, IsSigned = isSigned, Factor = factor, Offset = factor == 1 ? 0 : random.Next(-40, 40),
                    StartBit = isBigEndian ? (first & ~7) + 7 - (first & 7) : first,
                    ValueType = bits == 32 && random.Next(2) == 0 ? BusSignalValueType.Float32 : bits == 64 && random.Next(2) == 0 ? BusSignalValueType.Float64 : 0,
                });
            }

            var message = new BusMessage { Name = "m", Id = 1, Bytes = bytes, Signals = signals };
            var payloads = new List<byte[]>();
            for (int i = 0; i < random.Next(1, 300); i++)
            {
                byte[] payload = new byte[random.Next(20) == 0 ? random.Next(bytes + 1) : bytes];
                random.NextBytes(payload);
                payloads.Add(payload);
            }

            var rows = Signals.Decode(message, payloads);
            for (int i = 0; i < payloads.Count; i++)
            {
                foreach (var signal in signals) Check(rows[i][signal.Name], signal, payloads[i]);
            }
        }
    }

    [Fact]
    public void Signals_deep_in_a_tree_of_multiplexors_are_there_only_on_their_branch()
    {
        var message = Signals.Database("""
            BO_ 1 M0: 8 X
             SG_ S0 M : 0|4@1+ (1,0) [0|0] "" X
             SG_ S1 m0M : 4|4@1+ (1,0) [0|0] "" X
             SG_ S2 m0 : 8|8@1+ (1,0) [0|0] "" X
             SG_ S3 m0 : 16|16@1+ (1,0) [0|0] "" X
             SG_ S4 m2 : 8|24@1+ (1,0) [0|0] "" X
             SG_ S5 m1 : 4|28@1+ (1,0) [0|0] "" X
             SG_ S6 M : 32|8@1+ (1,0) [0|0] "" X
             SG_ S7 m1 : 40|24@1+ (1,0) [0|0] "" X
             SG_ S8 m2 : 40|8@1+ (1,0) [0|0] "" X
            SG_MUL_VAL_ 1 S1 S0 0-0;
            SG_MUL_VAL_ 1 S2 S1 0-0, 4-5;
            SG_MUL_VAL_ 1 S3 S1 0-0;
            SG_MUL_VAL_ 1 S4 S1 2-2;
            SG_MUL_VAL_ 1 S5 S0 1-1;
            SG_MUL_VAL_ 1 S7 S6 1-1;
            SG_MUL_VAL_ 1 S8 S6 2-2;
            """).Messages[0];

        // Payloads and values of cantools' test of the same tree, and one for a second range.
        var expected = new (string Payload, string Values)[]
        {
            ("2010270001210000", "S0=0 S1=2 S4=10000 S6=1 S7=33"),
            ("0064881302160000", "S0=0 S1=0 S2=100 S3=5000 S6=2 S8=22"),
            ("3100000001040300", "S0=1 S5=3 S6=1 S7=772"),
            ("5007000000000000", "S0=0 S1=5 S2=7 S6=0"),
        };
        foreach (var (payload, values) in expected)
        {
            var row = Signals.Decode(message, payload);
            string.Join(' ', row.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={pair.Value}")).ShouldBe(values);
        }
    }

    [Fact]
    public void Raw_values_are_as_stored_and_without_texts()
    {
        var message = Signals.Database("""
            BO_ 1 M: 2 X
             SG_ a : 0|8@1- (0.5,-40) [0|0] "degC" X
             SG_ b : 8|8@1+ (1,0) [0|0] "" X
            VAL_ 1 b 3 "three";
            """).Messages[0];
        Signals.Decode(message, "fe03").ShouldBe(new Dictionary<string, object?> { ["a"] = -41.0, ["b"] = 3L, ["b_text"] = "three" });
        Signals.Decode(message, "fe04")["b_text"].ShouldBeNull();
        Signals.Decode(message, "fe03", new MessageDecoderOptions { RawValues = true }).ShouldBe(new Dictionary<string, object?> { ["a"] = -2L, ["b"] = 3L });
    }

    [Fact]
    public void A_parameter_group_shows_the_addresses_of_its_identifier()
    {
        var message = Signals.Database("""
            BO_ 2566841342 EC1: 8 X
             SG_ Speed : 0|16@1+ (0.125,0) [0|8031.875] "rpm" X
            BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
            BA_ "VFrameFormat" BO_ 2566841342 3;
            """).Messages[0];
        message.ParameterGroup.ShouldBe(0xfee3);
        Signals.Decode(message, "27e3fe18 401f")
            .ShouldBe(new Dictionary<string, object?> { ["source_address"] = 0x27L, ["destination_address"] = 255L, ["priority"] = 6L, ["Speed"] = 1000.0 });
        Should.Throw<MessageFormatException>(() => Signals.Decode(message, "27e3fe")).Code.ShouldBe("MESH10509");
    }

    [Fact]
    public void A_signal_too_wide_for_a_number_is_bytes()
    {
        var message = Signals.Database("""
            BO_ 1 M: 20 X
             SG_ kind : 0|8@1+ (1,0) [0|0] "" X
             SG_ text : 8|152@1+ (1,0) [0|0] "" X
            """).Messages[0];
        Signals.Decode(message, "01 4142 43")["text"].ShouldBe("414243");
        Signals.Decode(message, "01")["text"].ShouldBeNull();
    }

    private static void Check(object? actual, BusSignal signal, byte[] payload)
    {
        BigInteger raw = 0;
        for (int i = 0; i < signal.BitCount; i++)
        {
            // Bits from the most significant one down; in big-endian order they run through the bytes as sent.
            int place = signal.IsBigEndian ? (signal.StartBit & ~7) + 7 - (signal.StartBit & 7) + i : signal.StartBit + signal.BitCount - 1 - i;
            int index = place >> 3, bit = signal.IsBigEndian ? 7 - (place & 7) : place & 7;
            if (index >= payload.Length)
            {
                actual.ShouldBeNull();
                return;
            }

            raw = (raw << 1) | ((payload[index] >> bit) & 1);
        }

        if (signal.ValueType == BusSignalValueType.Integer && signal.IsSigned && (raw >> (signal.BitCount - 1)) == 1) raw -= BigInteger.One << signal.BitCount;
        double value = signal.ValueType switch
        {
            BusSignalValueType.Float32 => BitConverter.Int32BitsToSingle((int)(uint)raw),
            BusSignalValueType.Float64 => BitConverter.Int64BitsToDouble((long)(ulong)raw),
            _ => raw < 0 ? (double)(long)raw : (double)(ulong)raw,
        };
        if (signal.Factor == 1 && signal.ValueType == BusSignalValueType.Integer)
        {
            (actual is Int128 large ? (BigInteger)large : (BigInteger)(long)actual.ShouldNotBeNull()).ShouldBe(raw);
            return;
        }

        actual.ShouldBe(signal.Factor == 1 ? value : (value * signal.Factor) + signal.Offset);
    }
}
