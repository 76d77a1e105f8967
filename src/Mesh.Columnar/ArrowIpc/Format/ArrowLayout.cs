namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Physical layouts (Arrow columnar format, "Physical Memory Layout").</summary>
internal enum ArrowLayout
{
    Null,
    Boolean,
    Integer,
    Fixed,
    Variable,
    LargeVariable,
    View,
    EqualBinary,
    List,
    LargeList,
    FixedList,
    ListView,
    LargeListView,
    Struct,
    RunEndEncoded,
}
