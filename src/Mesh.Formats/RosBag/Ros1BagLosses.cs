namespace Mesh.Formats.RosBag;

/// <summary>Codes of damage in ROS 1 bags; what each costs is in <c>RosBag/README.md</c>.</summary>
internal static class Ros1BagLosses
{
    /// <summary>Not a loss but a refusal: the bag is encrypted.</summary>
    public const string Encrypted = "MESH10400";

    public const string Truncated = "MESH10401";

    public const string NotARecord = "MESH10402";

    public const string ChunkDecompression = "MESH10403";

    public const string UnknownCompression = "MESH10404";

    public const string ChunkTooLarge = "MESH10405";

    public const string MessageTooLarge = "MESH10406";

    public const string UndefinedConnection = "MESH10407";

    public const string Definition = "MESH10408";

    public const string TooManyDefinitions = "MESH10409";

    public const string Index = "MESH10410";

    public const string ChunkLength = "MESH10411";

    public const string MalformedRecord = "MESH10412";
}
