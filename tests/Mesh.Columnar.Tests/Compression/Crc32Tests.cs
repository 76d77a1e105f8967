using System.Text;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Tests.Compression;

public sealed class Crc32Tests
{
    [Fact]
    public void The_check_value_of_the_standard_comes_out() => Crc32.Compute(Encoding.ASCII.GetBytes("123456789")).ShouldBe(0xCBF43926);

    [Fact]
    public void Folding_and_tables_agree_for_every_length_and_alignment()
    {
        byte[] bytes = new byte[600];
        new Random(1).NextBytes(bytes);
        for (int start = 0; start < 3; start++)
        {
            for (int length = 0; length < bytes.Length - start; length++)
            {
                var piece = bytes.AsSpan(start, length);
                Crc32.Compute(piece).ShouldBe(~Crc32.AppendTables(~0u, piece), $"length {length} from {start}");
            }
        }
    }

    [Fact]
    public void Pieces_add_up_to_the_whole()
    {
        byte[] bytes = new byte[10_000];
        new Random(2).NextBytes(bytes);
        uint crc = 0;
        for (int at = 0, size = 1; at < bytes.Length; at += size, size = size * 2 + 1)
        {
            crc = Crc32.Append(crc, bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
        }

        crc.ShouldBe(Crc32.Compute(bytes));
    }
}
