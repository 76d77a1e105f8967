namespace Mesh.Broker.Registry.Protobuf;

/// <summary>What changes of <c>.proto</c> files are called, for clients and for people.</summary>
internal static class ProtoChangeText
{
    public static IReadOnlyList<Incompatibility> Describe(IReadOnlyList<ProtoDifference> differences) =>
        [.. differences.Distinct().Select(each => new Incompatibility(Name(each.Type), Text(each.Type, each.Path)))];

    private static string Name(ProtoChange type) => type switch
    {
        ProtoChange.PackageChanged => "PACKAGE_CHANGED",
        ProtoChange.MessageRemoved => "MESSAGE_REMOVED",
        ProtoChange.FieldKindChanged => "FIELD_KIND_CHANGED",
        ProtoChange.FieldScalarKindChanged => "FIELD_SCALAR_KIND_CHANGED",
        ProtoChange.FieldNamedTypeChanged => "FIELD_NAMED_TYPE_CHANGED",
        ProtoChange.FieldNumericLabelChanged => "FIELD_NUMERIC_LABEL_CHANGED",
        ProtoChange.RequiredFieldAdded => "REQUIRED_FIELD_ADDED",
        ProtoChange.RequiredFieldRemoved => "REQUIRED_FIELD_REMOVED",
        ProtoChange.OneofFieldRemoved => "ONEOF_FIELD_REMOVED",
        ProtoChange.MultipleFieldsMovedToOneof => "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
        _ => "FIELD_MOVED_TO_EXISTING_ONEOF",
    };

    private static string Text(ProtoChange type, string path) => type switch
    {
        ProtoChange.PackageChanged => $"The package at '{path}' in the {{reader}} schema does not match the package in the {{writer}} schema",
        ProtoChange.MessageRemoved => $"The {{reader}} schema is missing a MESSAGE type at path '{path}' in the {{writer}} schema",
        ProtoChange.FieldKindChanged => $"The type of a field at path '{path}' in the {{reader}} schema does not match the {{writer}} schema",
        ProtoChange.FieldScalarKindChanged => $"The kind of a SCALAR field at path '{path}' in the {{reader}} schema does not match its kind in the {{writer}} schema",
        ProtoChange.FieldNamedTypeChanged => $"The type of a MESSAGE field at path '{path}' in the {{reader}} schema does not match its type in the {{writer}} schema",
        ProtoChange.FieldNumericLabelChanged => $"The label for a NUMERIC field at path '{path}' in the {{reader}} schema does not match its label in the {{writer}} schema",
        ProtoChange.RequiredFieldAdded => $"A required field at path '{path}' in the {{reader}} schema is missing in the {{writer}} schema",
        ProtoChange.RequiredFieldRemoved => $"The {{reader}} schema is missing a required field at path '{path}' in the {{writer}} schema",
        ProtoChange.OneofFieldRemoved => $"The {{reader}} schema is missing a oneof field at path '{path}' in the {{writer}} schema",
        ProtoChange.MultipleFieldsMovedToOneof => $"Multiple fields in the oneof at path '{path}' in the {{reader}} schema are outside a oneof in the {{writer}} schema",
        _ => $"A field in the oneof at path '{path}' in the {{reader}} schema is outside that oneof in the {{writer}} schema",
    };
}
