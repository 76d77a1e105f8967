using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class ColumnProjectionTests
{
    [Fact]
    public void Columns_of_nulls_have_the_layout_of_their_type()
    {
        var structure = new StructType([new Field("a", DataType.Boolean), new Field("b", new ListType(new Field("element", DataType.Utf8))), new Field("c", new DecimalType(20, 2))]);
        var column = ColumnProjection.Nulls(structure, 9);
        column.NullCount.ShouldBe(9);
        Enumerable.Range(0, 9).ShouldAllBe(row => column.IsNull(row));
        column.Children[0].ValueBytes.Length.ShouldBe(2);
        column.Children[1].Offsets.ToArray().ShouldBe(new int[10]);
        column.Children[1].Children[0].Length.ShouldBe(0);
        column.Children[2].Values<Int128>().Length.ShouldBe(9);
    }

    [Fact]
    public void Widening_keeps_values_and_nulls()
    {
        var builder = new FixedWidthBuilder<int>(DataType.Int32);
        builder.Append(int.MinValue);
        builder.AppendNull();
        builder.Append(7);
        var wide = ColumnProjection.Adapt(builder.Build(), DataType.Int32, DataType.Int64, "n");
        wide.Type.ShouldBe(DataType.Int64);
        wide.IsNull(1).ShouldBeTrue();
        (wide.Values<long>()[0], wide.Values<long>()[2]).ShouldBe((int.MinValue, 7L));
    }

    [Fact]
    public void Renamed_fields_are_found_by_id_and_types_that_do_not_go_together_are_refused()
    {
        ColumnProjection.Find([new Field("old", DataType.Int32, true, 4)], new Field("new", DataType.Int32, true, 4))!.Name.ShouldBe("old");
        ColumnProjection.Find([new Field("same", DataType.Int32, true, 4)], new Field("same", DataType.Int32, true, 5)).ShouldBeNull();
        var text = ColumnProjection.Nulls(DataType.Utf8, 1);
        Should.Throw<MeshException>(() => ColumnProjection.Adapt(text, DataType.Utf8, DataType.Int64, "n")).Code.ShouldBe("MESH8113");
    }
}
