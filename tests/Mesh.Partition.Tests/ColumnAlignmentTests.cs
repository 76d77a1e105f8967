using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Partition.Tests;

public class ColumnAlignmentTests
{
    [Fact]
    public void Columns_are_reordered_widened_and_filled_with_nulls_at_every_depth()
    {
        var source = new Schema(
        [
            new Field("a", DataType.Int32),
            new Field("s", new StructType([new Field("x", DataType.Float32)])),
            new Field("l", new ListType(new Field("element", DataType.Int32))),
        ]);
        var target = new Schema(
        [
            new Field("l", new ListType(new Field("element", DataType.Int64, Id: 5)), Id: 1),
            new Field("new", DataType.Utf8, Id: 2),
            new Field("s", new StructType([new Field("y", new ListType(new Field("element", DataType.Boolean, Id: 9)), Id: 6), new Field("x", DataType.Float64, Id: 7)]), Id: 3),
            new Field("a", DataType.Int64, Id: 4),
        ]);
        var builder = new StructBuilder(source.AsStruct());
        for (int i = 0; i < 3; i++)
        {
            ((FixedWidthBuilder<int>)builder.Children[0]).Append(-i);
            var inner = (StructBuilder)builder.Children[1];
            if (i == 1) inner.AppendNull();
            else
            {
                ((FixedWidthBuilder<float>)inner.Children[0]).Append(i / 2f);
                inner.EndStruct();
            }

            var list = (ListBuilder)builder.Children[2];
            for (int e = 0; e < i; e++) ((FixedWidthBuilder<int>)list.Element).Append(e * 10);
            list.EndList();
            builder.EndStruct();
        }

        var aligned = ColumnAlignment.Align(builder.BuildBatch(), target);

        aligned.Schema.ShouldBe(target);
        for (int i = 0; i < target.Fields.Count; i++) aligned.Columns[i].Type.ShouldBe(target.Fields[i].Type);
        aligned["a"].Values<long>().ToArray().ShouldBe([0, -1, -2]);
        aligned["new"].NullCount.ShouldBe(3);
        aligned["l"].Offsets.ToArray().ShouldBe([0, 0, 1, 3]);
        aligned["l"].Children[0].Values<long>().ToArray().ShouldBe([0, 0, 10]);
        aligned["s"].IsNull(1).ShouldBeTrue();
        aligned["s"].Children[0].NullCount.ShouldBe(3);
        aligned["s"].Children[1].Values<double>()[2].ShouldBe(1);
    }

    [Fact]
    public void A_column_without_a_place_is_refused_instead_of_dropped()
    {
        var batch = RandomColumns.Batch(new Random(1), 2);
        var target = new Schema([.. RandomColumns.Nested.Fields.Skip(1)]);

        Should.Throw<MeshException>(() => ColumnAlignment.Align(batch, target)).Message.ShouldContain("flag");
    }
}
