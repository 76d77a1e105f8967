namespace Mesh.Columnar.Tests.Builders;

public class ColumnBuilderTests
{
    [Fact]
    public void A_first_null_back_fills_the_validity_of_the_values_before_it()
    {
        var builder = (FixedWidthBuilder<int>)ColumnBuilder.Create(DataType.Int32);
        for (int i = 0; i < 13; i++) builder.Append(i);
        builder.AppendNull();
        builder.Append(14);

        var vector = builder.Build();

        vector.NullCount.ShouldBe(1);
        Enumerable.Range(0, 15).Where(vector.IsNull).ShouldBe([13]);
        vector.Values<int>().ToArray().ShouldBe([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 14]);
        vector.Validity.ToArray().ShouldBe([0xFF, 0x5F]);
    }

    [Fact]
    public void A_column_without_nulls_has_no_validity_even_after_its_nulls_were_truncated()
    {
        var builder = (FixedWidthBuilder<long>)ColumnBuilder.Create(DataType.Int64);
        builder.Append(1);
        builder.AppendNull();
        builder.Truncate(1);
        builder.NullCount.ShouldBe(0);
        builder.Append(2);

        var vector = builder.Build();
        vector.Validity.Length.ShouldBe(0);
        Rows.Text(vector, 1).ShouldBe("2");
    }

    [Fact]
    public void A_builder_is_empty_after_it_has_built()
    {
        var builder = (BinaryBuilder)ColumnBuilder.Create(DataType.Utf8);
        builder.Append("one");
        builder.AppendNull();
        builder.Build().Length.ShouldBe(2);
        builder.Append("two");
        var vector = builder.Build();
        vector.Length.ShouldBe(1);
        vector.NullCount.ShouldBe(0);
        vector.GetString(0).ShouldBe("two");
    }

    [Fact]
    public void Truncating_is_as_if_the_rest_had_never_been_appended()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var schema = RandomData.Schema(new Random(seed), columns: 4, depth: 3);
            var truncated = new StructBuilder(schema.AsStruct());
            var straight = new StructBuilder(schema.AsStruct());
            var choices = new Random(seed);
            for (int row = 0; row < 40; row++)
            {
                int rowSeed = choices.Next();
                AppendRow(truncated, schema, new Random(rowSeed), schema.Fields.Count);
                truncated.EndStruct();
                if (choices.Next(3) == 0)
                {
                    truncated.Truncate(truncated.Length - 1);
                    continue;
                }

                AppendRow(straight, schema, new Random(rowSeed), schema.Fields.Count);
                straight.EndStruct();

                // A message that breaks off half-way.
                AppendRow(truncated, schema, choices, choices.Next(schema.Fields.Count + 1));
                truncated.DiscardOpenStruct();
            }

            SameVectors(truncated.Build(), straight.Build());
        }
    }

    [Fact]
    public void Open_elements_of_nested_lists_are_discarded_at_every_depth()
    {
        var inner = new ListType(new Field("element", new StructType([new Field("x", DataType.Int32), new Field("tags", new ListType(new Field("element", DataType.Utf8)))])));
        var builder = new StructBuilder(new StructType([new Field("outer", new ListType(new Field("element", inner)))]));
        var outer = (ListBuilder)builder.Children[0];
        var lists = (ListBuilder)outer.Element;
        var structs = (StructBuilder)lists.Element;
        var tags = (ListBuilder)structs.Children[1];

        ((FixedWidthBuilder<int>)structs.Children[0]).Append(1);
        ((BinaryBuilder)tags.Element).Append("never ended");
        builder.DiscardOpenStruct();

        ((FixedWidthBuilder<int>)structs.Children[0]).Append(2);
        ((BinaryBuilder)tags.Element).Append("kept");
        tags.EndList();
        structs.EndStruct();
        lists.EndList();
        outer.EndList();
        builder.EndStruct();

        Rows.Of([builder.BuildBatch()]).ShouldBe(["[[{2, [\"kept\"]}]]"]);
    }

    [Fact]
    public void A_null_struct_has_null_children_and_a_null_list_is_empty()
    {
        var builder = new StructBuilder(new StructType([
            new Field("s", new StructType([new Field("x", DataType.Int32), new Field("l", new ListType(new Field("element", DataType.Boolean)))])),
        ]));
        builder.Children[0].AppendNull();
        builder.EndStruct();
        var structure = builder.BuildBatch()["s"];
        structure.NullCount.ShouldBe(1);
        structure.Children[0].NullCount.ShouldBe(1);
        structure.Children[1].Offsets.ToArray().ShouldBe([0, 0]);
        structure.Children[1].IsNull(0).ShouldBeTrue();
    }

    [Fact]
    public void A_struct_whose_fields_were_not_all_given_is_refused()
    {
        var builder = new StructBuilder(new StructType([new Field("a", DataType.Int32), new Field("b", DataType.Int32)]));
        ((FixedWidthBuilder<int>)builder.Children[0]).Append(1);
        builder.EndStruct();
        Should.Throw<InvalidOperationException>(() => builder.BuildBatch());
    }

    [Fact]
    public void Booleans_pack_least_significant_bit_first_across_truncation()
    {
        var builder = (BooleanBuilder)ColumnBuilder.Create(DataType.Boolean);
        for (int i = 0; i < 20; i++) builder.Append(true);
        builder.Truncate(3);
        builder.Append(false);
        builder.Append(true);
        builder.Build().ValueBytes.ToArray().ShouldBe([0b10111]);
    }

    private static void AppendRow(StructBuilder builder, Schema schema, Random random, int fields)
    {
        for (int i = 0; i < fields; i++) RandomData.Append(random, builder.Children[i], schema.Fields[i].Nullable, 0.3);
    }

    private static void SameVectors(ColumnVector left, ColumnVector right)
    {
        left.Length.ShouldBe(right.Length);
        left.NullCount.ShouldBe(right.NullCount);
        left.Validity.ToArray().ShouldBe(right.Validity.ToArray());
        left.OffsetBytes.ToArray().ShouldBe(right.OffsetBytes.ToArray());
        left.ValueBytes.ToArray().ShouldBe(right.ValueBytes.ToArray());
        for (int i = 0; i < left.Children.Count; i++) SameVectors(left.Children[i], right.Children[i]);
    }
}
