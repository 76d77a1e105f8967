using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet;

public class RleTests
{
    [Fact]
    public void Encodings_md_gives_this_example_of_bit_packing()
    {
        // "the numbers 0 through 7 using bit width 3" (Encodings.md).
        var target = new PooledList<byte>();
        RleEncoder.Encode<int>([0, 1, 2, 3, 4, 5, 6, 7], 3, target);
        target.Span.ToArray().ShouldBe([0b11, 0b10001000, 0b11000110, 0b11111010]);
    }

    [Fact]
    public void A_run_takes_its_length_and_one_value()
    {
        var target = new PooledList<byte>();
        RleEncoder.Encode<byte>(Enumerable.Repeat((byte)1, 300).ToArray(), 1, target);
        target.Span.ToArray().ShouldBe([0xD8, 0x04, 1]);
    }

    [Fact]
    public void Every_width_and_mixture_of_runs_comes_back_in_pieces_of_any_size()
    {
        var random = new Random(9);
        for (int width = 1; width <= 31; width++)
        {
            int[] values = new int[random.Next(1, 3000)];
            for (int at = 0; at < values.Length;)
            {
                int run = random.Next(3) == 0 ? random.Next(1, 200) : random.Next(1, 4);
                int value = (int)(random.NextInt64() & ((1L << width) - 1));
                for (; run > 0 && at < values.Length; run--) values[at++] = value;
            }

            var target = new PooledList<byte>();
            target.Append([1, 2, 3]);
            RleEncoder.Encode<int>(values, width, target);
            var decoder = new RleDecoder();
            decoder.Reset(target.Array, 3, target.Length, width);
            int[] decoded = new int[values.Length];
            for (int at = 0; at < decoded.Length;)
            {
                int count = Math.Min(decoded.Length - at, random.Next(1, 70));
                decoder.Read(decoded.AsSpan(at, count));
                at += count;
            }

            decoded.ShouldBe(values);
        }
    }

    [Fact]
    public void A_run_of_two_thousand_million_values_takes_no_memory()
    {
        var decoder = new RleDecoder();
        decoder.Reset([0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 1], 0, 6, 1);
        var values = new byte[10];
        decoder.Read(values.AsSpan());
        values.ShouldAllBe(value => value == 1);
    }
}
