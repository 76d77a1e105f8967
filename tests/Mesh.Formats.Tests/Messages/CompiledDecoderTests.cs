using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Formats.Messages.Ros;
using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Tests.Messages;

public sealed class CompiledDecoderTests
{
    private static WireDecoder Decoder(string text, bool isRos1, bool compiles)
    {
        var definitions = RosMessageParser.Parse("test/T0", Encoding.UTF8.GetBytes(text), isRos1);
        var plan = WirePlan.Create("test/T0", new RosTypes(definitions).Of(definitions.Root), new MessageDecoderOptions(), isRos1);
        return new WireDecoder(plan, isRos1, null, new MessageDecoderOptions()) { Compiles = compiles };
    }

    private static (byte[] Data, MessageRef[] Run) Join(IReadOnlyList<byte[]> messages)
    {
        var data = new List<byte>();
        var run = new MessageRef[messages.Count];
        for (int i = 0; i < run.Length; i++)
        {
            run[i] = new MessageRef(0, 0, 0, 0, data.Count, messages[i].Length, 0);
            data.AddRange(messages[i]);
        }

        return ([.. data], run);
    }

    private static (int Rows, MessageFormatException? Failure) DecodeRun(MessageDecoder decoder, StructBuilder rows, IReadOnlyList<byte[]> messages)
    {
        var (data, run) = Join(messages);
        int count = decoder.DecodeRun(data, run, [.. rows.Children], out var failure);
        rows.EndStructs(count);
        return (count, failure);
    }

    [Theory]
    [InlineData("ros1")]
    [InlineData("cdr_le")]
    [InlineData("cdr_be")]
    [InlineData("cdr2_le")]
    [InlineData("cdr2_be")]
    [InlineData("d_cdr2_le")]
    [InlineData("d_cdr2_be")]
    public void Random_messages_of_random_types_come_out_as_they_went_in(string layout)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var generator = new RandomMessages(seed, layout == "ros1");
            var type = generator.NewType();
            string text = generator.TextOf(type);
            object[][] values = [.. Enumerable.Range(0, 20).Select(_ => generator.NewValue(type))];
            byte[][] messages = [.. values.Select(value => generator.Encode(type, value, layout))];
            foreach (bool compiles in (bool[])[true, false])
            {
                var decoder = Decoder(text, layout == "ros1", compiles);
                var rows = new StructBuilder(decoder.Type);
                // Twice into the same builders: the second run begins where the first ended.
                DecodeRun(decoder, rows, messages[..7]).ShouldBe((7, null), $"{layout} seed {seed}\n{text}");
                DecodeRun(decoder, rows, messages[7..]).ShouldBe((13, null), $"{layout} seed {seed}\n{text}");
                var batch = rows.BuildBatch();
                for (int row = 0; row < values.Length; row++) RandomMessages.ShouldEqual(type, values[row], batch.Columns, row);
            }
        }
    }

    [Theory]
    [InlineData("ros1")]
    [InlineData("cdr_le")]
    [InlineData("d_cdr2_le")]
    public void Generated_code_agrees_with_the_plain_reader_on_damaged_messages_and_leaves_whole_rows(string layout)
    {
        int refused = 0, read = 0;
        for (int seed = 200; seed < 240; seed++)
        {
            var generator = new RandomMessages(seed, layout == "ros1");
            var random = new Random(seed);
            var type = generator.NewType();
            string text = generator.TextOf(type);
            var messages = new List<byte[]>();
            for (int i = 0; i < 60; i++)
            {
                byte[] message = generator.Encode(type, generator.NewValue(type), layout);
                if (random.Next(2) == 0) message = message[..random.Next(message.Length + 1)];
                else if (message.Length > 0) for (int n = random.Next(4); n > 0; n--) message[random.Next(message.Length)] = (byte)random.Next(256);
                messages.Add(message);
            }

            var compiled = Decoder(text, layout == "ros1", compiles: true);
            var plain = Decoder(text, layout == "ros1", compiles: false);
            StructBuilder left = new(compiled.Type), right = new(plain.Type);
            int from = 0;
            while (from < messages.Count)
            {
                var rest = messages.GetRange(from, messages.Count - from);
                var (count, failure) = DecodeRun(compiled, left, rest);
                var (expected, reason) = DecodeRun(plain, right, rest);
                count.ShouldBe(expected, $"seed {seed}");
                failure?.Message.ShouldBe(reason?.Message);
                (failure is null).ShouldBe(reason is null);
                read += count;
                if (failure is not null) refused++;
                from += count + (failure is null ? 0 : 1);
            }

            ShouldBeSame(left.Build(), right.Build(), $"seed {seed}");
        }

        read.ShouldBeGreaterThan(500);
        refused.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void A_row_that_failed_leaves_no_bits_behind()
    {
        const string Text = "bool a\nbool[] b\nP[] p\nstring s\n===\nMSG: test/P\nbool c\nbool[] d";
        byte[] sound = Convert.FromHexString("00" + "02000000" + "0000" + "01000000" + "00" + "01000000" + "00" + "00000000");
        byte[] damaged = Convert.FromHexString("01" + "02000000" + "0101" + "01000000" + "01" + "01000000" + "01" + "05000000");
        var decoder = Decoder(Text, isRos1: true, compiles: true);
        var rows = new StructBuilder(decoder.Type);
        DecodeRun(decoder, rows, [sound, damaged]).Rows.ShouldBe(1);
        DecodeRun(decoder, rows, [sound, sound]).Rows.ShouldBe(2);
        var batch = rows.BuildBatch();
        for (int row = 0; row < 3; row++)
        {
            batch["a"].GetBoolean(row).ShouldBeFalse();
            batch["b"].Children[0].GetBoolean(row).ShouldBeFalse();
            batch["p"].Children[0].Children[0].GetBoolean(row).ShouldBeFalse();
            batch["p"].Children[0].Children[1].Children[0].GetBoolean(row).ShouldBeFalse();
        }
    }

    [Fact]
    public void Lists_that_grow_and_rows_beyond_one_lot_keep_their_place()
    {
        var decoder = Decoder("uint8 n\nfloat32[] a\nstring[] s\nuint64 last", isRos1: true, compiles: true);
        var rows = new StructBuilder(decoder.Type);
        var messages = new List<byte[]>();
        for (int i = 0; i < 9000; i++)
        {
            var bytes = new List<byte> { (byte)i };
            bytes.AddRange(BitConverter.GetBytes(i % 5));
            for (int j = 0; j < i % 5; j++) bytes.AddRange(BitConverter.GetBytes((float)(i + j)));
            bytes.AddRange(BitConverter.GetBytes(1));
            bytes.AddRange(BitConverter.GetBytes(2));
            bytes.AddRange(Encoding.ASCII.GetBytes($"{i % 90 + 10}"));
            bytes.AddRange(BitConverter.GetBytes((ulong)i));
            messages.Add([.. bytes]);
        }

        DecodeRun(decoder, rows, messages).ShouldBe((9000, null));
        var batch = rows.BuildBatch();
        for (int i = 0; i < 9000; i++)
        {
            batch["last"].Values<Int128>()[i].ShouldBe(i);
            batch["s"].Children[0].GetString(i).ShouldBe($"{i % 90 + 10}");
            var offsets = batch["a"].Offsets;
            (offsets[i + 1] - offsets[i]).ShouldBe(i % 5);
            if (i % 5 > 1) batch["a"].Children[0].Values<float>()[offsets[i] + 1].ShouldBe(i + 1);
        }
    }

    [Fact]
    public void Runs_allocate_nothing_but_the_columns_growth()
    {
        var generator = new RandomMessages(3, isRos1: false);
        var type = generator.NewType();
        var decoder = Decoder(generator.TextOf(type), isRos1: false, compiles: true);
        var rows = new StructBuilder(decoder.Type);
        ColumnBuilder[] builders = [.. rows.Children];
        var (data, run) = Join([.. Enumerable.Range(0, 500).Select(_ => generator.Encode(type, generator.NewValue(type), "cdr_le"))]);
        for (int i = 0; i < 10; i++) decoder.DecodeRun(data, run, builders, out _);
        foreach (var builder in builders) builder.Truncate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 8; i++) decoder.DecodeRun(data, run, builders, out _).ShouldBe(500);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4000);
    }

    internal static void ShouldBeSame(ColumnVector left, ColumnVector right, string place)
    {
        left.Length.ShouldBe(right.Length, place);
        left.NullCount.ShouldBe(right.NullCount, place);
        left.ValueBytes.Span.SequenceEqual(right.ValueBytes.Span).ShouldBeTrue(place);
        left.OffsetBytes.Span.SequenceEqual(right.OffsetBytes.Span).ShouldBeTrue(place);
        for (int i = 0; i < left.Children.Count; i++) ShouldBeSame(left.Children[i], right.Children[i], $"{place}/{i}");
    }
}
