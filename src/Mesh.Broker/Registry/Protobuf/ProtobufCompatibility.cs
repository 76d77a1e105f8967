using System.Globalization;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>A change between two versions of a file, with the path where it is.</summary>
internal sealed record ProtoDifference(ProtoChange Type, string Path);

/// <summary>Kinds of changes, named as in Confluent's registry.</summary>
internal enum ProtoChange
{
    PackageChanged,
    MessageRemoved,
    FieldKindChanged,
    FieldScalarKindChanged,
    FieldNamedTypeChanged,
    FieldNumericLabelChanged,
    RequiredFieldAdded,
    RequiredFieldRemoved,
    OneofFieldRemoved,
    MultipleFieldsMovedToOneof,
    FieldMovedToExistingOneof,
}

/// <summary>
/// Finds what keeps a reader of one version from reading what was written with another, by the rules of Confluent's registry: what it counts
/// as compatible (a field added or removed, an enum changed, a message moved) is not reported.
/// </summary>
internal sealed class ProtobufCompatibility
{
    private enum Kind
    {
        Scalar,
        Map,
        Message,
    }

    private readonly LinkedProto original;
    private readonly LinkedProto update;
    private readonly List<ProtoDifference> differences = [];
    private readonly HashSet<(ProtoMessage, ProtoMessage)> compared = [];
    private readonly List<string> path = [];

    private ProtobufCompatibility(LinkedProto original, LinkedProto update)
    {
        this.original = original;
        this.update = update;
    }

    /// <summary>Incompatible changes for a reader that has <paramref name="update"/> and data written with <paramref name="original"/>.</summary>
    public static IReadOnlyList<ProtoDifference> Compare(LinkedProto original, LinkedProto update)
    {
        var comparison = new ProtobufCompatibility(original, update);
        if (original.File.Package != update.File.Package) comparison.Add(ProtoChange.PackageChanged);
        comparison.CompareMessages(original.File.Messages, update.File.Messages);
        return comparison.differences;
    }

    private void CompareMessages(List<ProtoMessage> originals, List<ProtoMessage> updates)
    {
        foreach (var message in originals)
        {
            if (message.IsMapEntry) continue;
            path.Add(message.Name);
            if (updates.Find(each => each.Name == message.Name) is { } updated) CompareMessage(message, updated);
            else Add(ProtoChange.MessageRemoved);
            path.RemoveAt(path.Count - 1);
        }
    }

    private void CompareMessage(ProtoMessage before, ProtoMessage after)
    {
        if (!compared.Add((before, after))) return;
        CompareOneofs(before, after);
        var later = after.Fields.ToDictionary(field => field.Number);
        var surviving = before.Fields.Where(field => later.ContainsKey(field.Number)).Select(field => field.Oneof).ToHashSet();
        foreach (var field in before.Fields)
        {
            string? oneof = OneofOf(before, field);
            if (later.TryGetValue(field.Number, out var now))
            {
                At(OneofOf(after, now), field.Number, () => CompareField(field, now));
                continue;
            }

            // A oneof that is gone as a whole is a removal of fields; part of one changes what its case means.
            bool isWholeOneofGone = oneof is not null && !after.Oneofs.Exists(each => each.Name == oneof && !each.IsSynthetic) && !surviving.Contains(field.Oneof);
            if (oneof is not null && !isWholeOneofGone) At(oneof, field.Number, () => Add(ProtoChange.OneofFieldRemoved));
            else if (field.Label == ProtoLabel.Required) At(null, field.Number, () => Add(ProtoChange.RequiredFieldRemoved));
        }

        var earlier = before.Fields.Select(field => field.Number).ToHashSet();
        foreach (var field in after.Fields)
        {
            if (field.Label == ProtoLabel.Required && !earlier.Contains(field.Number)) At(null, field.Number, () => Add(ProtoChange.RequiredFieldAdded));
        }

        CompareMessages(before.Messages, after.Messages);
    }

    private void CompareOneofs(ProtoMessage before, ProtoMessage after)
    {
        var earlier = before.Fields.ToDictionary(field => field.Number);
        for (int i = 0; i < after.Oneofs.Count; i++)
        {
            if (after.Oneofs[i].IsSynthetic) continue;
            var origins = new HashSet<string>(StringComparer.Ordinal);
            int fromTop = 0;
            foreach (var field in after.Fields.Where(field => field.Oneof == i))
            {
                if (!earlier.TryGetValue(field.Number, out var was)) continue;
                string? oneof = OneofOf(before, was);
                origins.Add(oneof is null ? "field " + field.Number.ToString(CultureInfo.InvariantCulture) : "oneof " + oneof);
                if (oneof is null) fromTop++;
            }

            if (origins.Count < 2) continue;
            path.Add(after.Oneofs[i].Name);
            Add(fromTop > 1 ? ProtoChange.MultipleFieldsMovedToOneof : ProtoChange.FieldMovedToExistingOneof);
            path.RemoveAt(path.Count - 1);
        }
    }

    private static string? OneofOf(ProtoMessage message, ProtoField field) =>
        field.Oneof >= 0 && !message.Oneofs[field.Oneof].IsSynthetic ? message.Oneofs[field.Oneof].Name : null;

    private void CompareField(ProtoField before, ProtoField after)
    {
        var kind = KindOf(before, original);
        if (kind != KindOf(after, update))
        {
            Add(ProtoChange.FieldKindChanged);
        }
        else if (kind == Kind.Scalar)
        {
            string scalar = ScalarKind(before.Type);
            if (scalar != ScalarKind(after.Type)) Add(ProtoChange.FieldScalarKindChanged);
            else if (scalar != "string" && before.Label != after.Label) Add(ProtoChange.FieldNumericLabelChanged);
        }
        else
        {
            var was = Message(before, original);
            var now = Message(after, update);
            if (kind == Kind.Map)
            {
                for (int i = 0; i < 2; i++) CompareField(was.Fields[i], now.Fields[i]);
            }
            else
            {
                CompareMessageTypes(was, now);
            }
        }
    }

    private void CompareMessageTypes(ProtoMessage was, ProtoMessage now)
    {
        if (Local(was) != Local(now))
        {
            Add(ProtoChange.FieldNamedTypeChanged);
            return;
        }

        // Types of the two files themselves are compared where they are declared; imported ones here.
        if (ReferenceEquals(was.File, original.File) && ReferenceEquals(now.File, update.File)) return;
        int before = differences.Count;
        CompareMessage(was, now);
        if (differences.Count > before) Add(ProtoChange.FieldNamedTypeChanged);
    }

    private static string Local(ProtoMessage message)
    {
        string package = message.File!.Package;
        return package.Length > 0 ? message.FullName[(package.Length + 1)..] : message.FullName;
    }

    private static Kind KindOf(ProtoField field, LinkedProto linked)
    {
        if (field.Type is not (ProtoType.Message or ProtoType.Group)) return Kind.Scalar;
        return Message(field, linked).IsMapEntry ? Kind.Map : Kind.Message;
    }

    private static ProtoMessage Message(ProtoField field, LinkedProto linked)
    {
        string name = field.TypeName![1..];
        if (linked.Symbols.TryGetValue(name, out object? symbol) && symbol is ProtoMessage own) return own;
        return linked.Imports.Values.Select(each => each.Symbols.GetValueOrDefault(name)).OfType<ProtoMessage>().First();
    }

    private static string ScalarKind(ProtoType type) => type switch
    {
        ProtoType.Int32 or ProtoType.Int64 or ProtoType.UInt32 or ProtoType.UInt64 or ProtoType.Bool or ProtoType.Enum => "number",
        ProtoType.SInt32 or ProtoType.SInt64 => "signed",
        ProtoType.String or ProtoType.Bytes => "string",
        ProtoType.Fixed32 or ProtoType.SFixed32 => "fixed32",
        ProtoType.Fixed64 or ProtoType.SFixed64 => "fixed64",
        _ => type.ToString(),
    };

    private void At(string? oneof, int number, Action compare)
    {
        int depth = path.Count;
        if (oneof is not null) path.Add(oneof);
        path.Add(number.ToString(CultureInfo.InvariantCulture));
        compare();
        path.RemoveRange(depth, path.Count - depth);
    }

    private void Add(ProtoChange type) => differences.Add(new ProtoDifference(type, "#/" + string.Join('/', path)));
}
