using System.Text;
using Shouldly;
using Xunit;

namespace Mesh.Columnar.Tests.Builders;

public sealed class BulkAppendTests
{
    [Fact]
    public void Runs_with_absent_values_equal_values_appended_one_by_one()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            var bulk = new FixedWidthBuilder<long>(DataType.Int64);
            var single = new FixedWidthBuilder<long>(DataType.Int64);
            for (int run = 0; run < 6; run++)
            {
                int count = random.Next(0, 70);
                byte[] validity = new byte[10];
                random.NextBytes(validity);
                bool isWhole = random.Next(3) == 0;
                var target = bulk.Reserve(count);
                for (int i = 0; i < count; i++)
                {
                    target[i] = random.Next();
                    if (isWhole || (validity[i >> 3] & (1 << (i & 7))) != 0) single.Append(target[i]);
                    else single.AppendNull();
                }

                if (isWhole) bulk.Commit(count);
                else bulk.Commit(count, validity);
                if (random.Next(4) != 0) continue;
                int length = random.Next(bulk.Length + 1);
                bulk.Truncate(length);
                single.Truncate(length);
            }

            var (found, expected) = (bulk.Build(), single.Build());
            found.NullCount.ShouldBe(expected.NullCount);
            found.Values<long>().ToArray().ShouldBe(expected.Values<long>().ToArray());
            if (expected.NullCount > 0) found.Validity.ToArray().ShouldBe(expected.Validity.ToArray());
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void Chosen_texts_follow_each_other_without_gaps(int longest)
    {
        string[] texts = ["", "a", "ü", new string('x', longest)];
        var builder = new BinaryBuilder(DataType.Utf8);
        builder.Append("first");
        builder.AppendChosen(new TextSet(texts.Select(Encoding.UTF8.GetBytes)), [3, 0, 1, 2, 3]);
        builder.AppendNull();
        builder.AppendChosen(new TextSet(texts.Select(Encoding.UTF8.GetBytes)), [2]);
        builder.Append("last"u8);
        var column = builder.Build();
        Enumerable.Range(0, column.Length).Select(column.GetString).ShouldBe(["first", texts[3], "", "a", "ü", texts[3], "", "ü", "last"]);
        column.IsNull(6).ShouldBeTrue();
    }
}
