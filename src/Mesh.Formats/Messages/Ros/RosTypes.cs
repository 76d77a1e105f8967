using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages.Ros;

/// <summary>Definitions of the ROS interface language as wire types.</summary>
internal sealed class RosTypes(RosDefinitions definitions)
{
    private readonly Dictionary<RosDefinition, WireStruct> structs = [];

    /// <summary>Where the time stamp lies when the message begins with a header or a time; null when it does not.</summary>
    public static WireStamp? StampOf(RosDefinitions definitions)
    {
        int offset = 0;
        var definition = definitions.Root;
        for (int depth = 0; depth < 3; depth++)
        {
            if (definition.Name == RosMessageParser.TimeName) return new WireStamp(offset, definitions.IsRos1);
            int first = 0;
            // ROS 1 counts messages in front of the stamp.
            if (definitions.IsRos1 && definition.Name == "std_msgs/Header" && definition.Fields is [{ Primitive: RosPrimitive.UInt32, Arity: RosArity.Single }, ..])
            {
                first = 1;
                offset += sizeof(uint);
            }

            if (definition.Fields.Count <= first || definition.Fields[first] is not { Primitive: RosPrimitive.Complex, Arity: RosArity.Single } field) return null;
            var inner = definitions.Resolve(definition, field);
            if (inner.Name is not ("std_msgs/Header" or RosMessageParser.TimeName)) return null;
            definition = inner;
        }

        return null;
    }

    public WireStruct Of(RosDefinition definition)
    {
        if (structs.TryGetValue(definition, out var known)) return known;
        return structs[definition] = new WireStruct(definition.Name, WireExtensibility.Unstated, () => [.. definition.Fields.Select(field => Member(definition, field))]);
    }

    private WireMember Member(RosDefinition owner, RosField field)
    {
        var type = field.Primitive switch
        {
            RosPrimitive.Complex => new WireType(WireKind.Struct) { Struct = Of(definitions.Resolve(owner, field)) },
            RosPrimitive.String => new WireType(WireKind.Text) { MaxText = field.StringBound >= 0 ? field.StringBound : uint.MaxValue },
            RosPrimitive.WString => new WireType(WireKind.WideText) { MaxText = field.StringBound >= 0 ? field.StringBound : uint.MaxValue },
            _ => new WireType(KindOf(field.Primitive)),
        };
        return new WireMember(field.Name, field.Arity switch
        {
            RosArity.FixedArray => WireType.List(type, fixedCount: field.Length),
            RosArity.Sequence => WireType.List(type, maxCount: field.Length >= 0 ? field.Length : uint.MaxValue),
            _ => type,
        });
    }

    private static WireKind KindOf(RosPrimitive primitive) => primitive switch
    {
        RosPrimitive.Bool => WireKind.Bool,
        RosPrimitive.Int8 => WireKind.Int8,
        RosPrimitive.UInt8 => WireKind.UInt8,
        RosPrimitive.Int16 => WireKind.Int16,
        RosPrimitive.UInt16 => WireKind.UInt16,
        RosPrimitive.Int32 => WireKind.Int32,
        RosPrimitive.UInt32 => WireKind.UInt32,
        RosPrimitive.Int64 => WireKind.Int64,
        RosPrimitive.UInt64 => WireKind.UInt64,
        RosPrimitive.Float32 => WireKind.Float32,
        _ => WireKind.Float64,
    };
}
