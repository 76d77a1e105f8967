using Mesh.Broker.Access;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Apis;

/// <summary>Entries and filters as the three ACL requests carry them. Version 0 knows literal names only.</summary>
internal static class AclWireFormat
{
    public static AclEntry ReadEntry(ProtocolReader reader, short version)
    {
        var entry = new AclEntry(
            (AclResourceType)reader.Int8(), reader.String(), version >= 1 ? (AclPatternType)reader.Int8() : AclPatternType.Literal,
            reader.String(), reader.String(), (AclOperation)reader.Int8(), (AclPermission)reader.Int8());
        reader.Tags();
        return entry;
    }

    public static AclFilter ReadFilter(ProtocolReader reader, short version)
    {
        var filter = new AclFilter(
            (AclResourceType)reader.Int8(), reader.NullableString(), version >= 1 ? (AclPatternType)reader.Int8() : AclPatternType.Literal,
            reader.NullableString(), reader.NullableString(), (AclOperation)reader.Int8(), (AclPermission)reader.Int8());
        reader.Tags();
        return filter;
    }

    /// <summary>Who may what: the end of an entry, which follows its resource.</summary>
    public static void WriteRule(ProtocolWriter writer, AclEntry entry)
    {
        writer.String(entry.Principal);
        writer.String(entry.Host);
        writer.Int8((sbyte)entry.Operation);
        writer.Int8((sbyte)entry.Permission);
        writer.Tags();
    }
}
