namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Physical layouts (Arrow columnar format, "Physical Memory Layout").</summary>
internal enum ArrowLayout
{
    Null,
    Boolean,
    Integer,
    Float,
    Decimal,
    Variable,
    LargeVariable,
    FixedBinary,
    List,
    LargeList,
    FixedList,
    Struct,
}
