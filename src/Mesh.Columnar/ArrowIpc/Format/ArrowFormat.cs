namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Constants of the IPC format (Arrow columnar format, "Serialization and Interprocess Communication"; Schema.fbs, Message.fbs, File.fbs).</summary>
internal static class ArrowFormat
{
    public const int Continuation = -1;
    public const short VersionV5 = 4;
    public const int BlockBytes = 24;

    public static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    /// <summary>Bytes up to the next multiple of 8.</summary>
    public static int PaddingOf(long length) => (int)(-length & 7);

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
    }
}
