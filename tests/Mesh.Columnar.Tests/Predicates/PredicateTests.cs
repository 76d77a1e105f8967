using Mesh.Model;

namespace Mesh.Columnar.Tests.Predicates;

public class PredicateTests
{
    [Fact]
    public void A_condition_is_read_with_the_precedence_of_SQL()
    {
        var or = PredicateParser.Parse("a = 1 or not b.c < -2.5 AND \"d e\".f <> 'it''s'").ShouldBeOfType<OrPredicate>();
        or.Parts[0].ShouldBe(new ComparisonPredicate("a", ComparisonOperator.Equal, 1L));
        var and = or.Parts[1].ShouldBeOfType<AndPredicate>();
        and.Parts[0].ShouldBe(new NotPredicate(new ComparisonPredicate("b.c", ComparisonOperator.Less, -2.5m)));
        and.Parts[1].ShouldBe(new ComparisonPredicate("d e.f", ComparisonOperator.NotEqual, "it's"));
    }

    [Theory]
    [InlineData("a =", "character 4 it ends where a number")]
    [InlineData("a 5", "character 3 there is '5' where a comparison")]
    [InlineData("(a = 1", "character 7 it ends where ')'")]
    [InlineData("a LIKE '%x'", "character 8")]
    [InlineData("a = 'open", "character 5 it ends where the closing '")]
    [InlineData("a = 1 b", "where AND, OR or the end")]
    [InlineData("a IS 5", "where NULL")]
    [InlineData("", "character 1 it ends where the name of a column")]
    public void What_is_not_understood_is_placed(string text, string expected)
    {
        var exception = Should.Throw<MeshException>(() => PredicateParser.Parse(text));
        exception.Code.ShouldBe("MESH10912");
        exception.Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("n > 20", false)]
    [InlineData("n >= 20", true)]
    [InlineData("n < 10", false)]
    [InlineData("n = 9", false)]
    [InlineData("n = 15", true)]
    [InlineData("n = 15.5", false)]
    [InlineData("n > 19.5", true)]
    [InlineData("n > 20.5", false)]
    [InlineData("NOT n <= 20", false)]
    [InlineData("NOT (n > 5 OR n < 3)", false)]
    [InlineData("NOT (n > 5 AND n < 15)", true)]
    [InlineData("n IN (1, 2, 30)", false)]
    [InlineData("n IS NULL", false)]
    [InlineData("NOT n IS NULL", true)]
    [InlineData("unknown = 5 AND n = 100", false)]
    [InlineData("unknown = 5 OR n = 100", true)]
    [InlineData("same = 7", true)]
    [InlineData("same <> 7", false)]
    [InlineData("NOT same IN (7, 8)", false)]
    [InlineData("x > 100", true)]
    [InlineData("x < 0", false)]
    [InlineData("none = 1", false)]
    [InlineData("NOT none = 1", false)]
    [InlineData("none IS NOT NULL", false)]
    [InlineData("text LIKE 'm%'", true)]
    [InlineData("text LIKE 'z%'", false)]
    [InlineData("text LIKE 'kar%'", true)]
    [InlineData("NOT text LIKE 'a%'", true)]
    public void Bounds_rule_out_only_what_cannot_match(string condition, bool mayMatch)
    {
        var bounds = new Dictionary<string, ColumnBounds>
        {
            ["n"] = new(DataType.Int64, BitConverter.GetBytes(10L), BitConverter.GetBytes(20L), 0, 100),
            ["same"] = new(DataType.Int32, BitConverter.GetBytes(7), BitConverter.GetBytes(7), 3, 100),
            ["x"] = new(DataType.Float64, BitConverter.GetBytes(0.0), BitConverter.GetBytes(1.0), 0, 100),
            ["none"] = new(DataType.Int32, null, null, 100, 100),
            ["text"] = new(DataType.Utf8, "k"u8.ToArray(), "n"u8.ToArray(), 0, 100),
        };
        PredicatePruning.MayMatch(PredicateParser.Parse(condition), bounds.GetValueOrDefault).ShouldBe(mayMatch);
    }

    [Theory]
    [InlineData("x = 1", "0")]
    [InlineData("x > 1", "1 2")]
    [InlineData("x < 2", "0 3")]
    [InlineData("NOT x < 2", "1 2")]
    [InlineData("x = 0", "3")]
    [InlineData("x IS NULL", "4")]
    [InlineData("NOT (x = 1 AND x > 5)", "0 1 2 3")]
    public void NaN_is_the_greatest_number_and_null_is_no_number(string condition, string rows)
    {
        var schema = new Schema([new Field("x", DataType.Float64)]);
        var builder = new StructBuilder(schema.AsStruct());
        foreach (double? value in new double?[] { 1, 2.5, double.NaN, -0.0, null })
        {
            if (value is { } number) ((FixedWidthBuilder<double>)builder.Children[0]).Append(number);
            else builder.Children[0].AppendNull();
            builder.EndStruct();
        }

        var selection = new RowSelection();
        PredicateFilter.Create(PredicateParser.Parse(condition), schema).Select(builder.BuildBatch(), selection);
        string.Join(' ', selection.Rows.ToArray()).ShouldBe(rows);
    }
}
