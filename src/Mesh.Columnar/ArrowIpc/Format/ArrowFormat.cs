namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Constants of the IPC format (Arrow columnar format, "Serialization and Interprocess Communication"; Schema.fbs, Message.fbs, File.fbs).</summary>
internal static class ArrowFormat
{
    public const int Continuation = -1;
    public const short VersionV5 = 4;
    public const int BlockBytes = 24;

    /// <summary>Where buffers begin: "recommended" by the format, and what lets readers that map a file use vector instructions.</summary>
    public const int BufferAlignment = 64;

    public const string ExtensionNameKey = "ARROW:extension:name";
    public const string ExtensionMetadataKey = "ARROW:extension:metadata";
    public const string UuidExtension = "arrow.uuid";
    public const string DescriptionKey = "description";

    /// <summary>Key of a field id, as other writers name it.</summary>
    public const string FieldIdKey = "PARQUET:field_id";

    public static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    /// <summary>Bytes up to the next multiple of <paramref name="alignment"/>, a power of two.</summary>
    public static int PaddingOf(long length, int alignment = sizeof(long)) => (int)(-length & (alignment - 1));

    /// <summary>Union <c>MessageHeader</c>.</summary>
    public static class Header
    {
        public const byte Schema = 1;
        public const byte DictionaryBatch = 2;
        public const byte RecordBatch = 3;
    }

    /// <summary>Union <c>Type</c>.</summary>
    public static class Type
    {
        public const byte Null = 1;
        public const byte Int = 2;
        public const byte FloatingPoint = 3;
        public const byte Binary = 4;
        public const byte Utf8 = 5;
        public const byte Bool = 6;
        public const byte Decimal = 7;
        public const byte Date = 8;
        public const byte Time = 9;
        public const byte Timestamp = 10;
        public const byte List = 12;
        public const byte Struct = 13;
        public const byte FixedSizeBinary = 15;
        public const byte FixedSizeList = 16;
        public const byte Map = 17;
        public const byte Duration = 18;
        public const byte LargeBinary = 19;
        public const byte LargeUtf8 = 20;
        public const byte LargeList = 21;
        public const byte RunEndEncoded = 22;
        public const byte BinaryView = 23;
        public const byte Utf8View = 24;
        public const byte ListView = 25;
        public const byte LargeListView = 26;
    }
}
