namespace Mesh.Broker.Registry.Json;

/// <summary>What changes of JSON schemas are called for people.</summary>
internal static class JsonChangeText
{
    public static string Describe(string type, string path)
    {
        if (type.EndsWith("_ADDED_TO_OPEN_CONTENT_MODEL", StringComparison.Ordinal)) return $"The {{reader}} schema has an open content model and has a property or item at path '{path}' which is missing in the {{writer}} schema";
        if (type == "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL") return $"The {{reader}} schema has an unopen content model and has a required property at path '{path}' which is missing in the {{writer}} schema";
        if (type.EndsWith("_REMOVED_FROM_CLOSED_CONTENT_MODEL", StringComparison.Ordinal)) return $"The {{reader}} schema has a closed content model and is missing a property or item present at path '{path}' in the {{writer}} schema";
        if (type.EndsWith("_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", StringComparison.Ordinal)) return $"A property or item at path '{path}' is not covered by the partially open content model of the {{reader}} or {{writer}} schema";
        if (type is "TYPE_CHANGED" or "TYPE_NARROWED" or "COMBINED_TYPE_CHANGED" or "COMBINED_TYPE_SUBSCHEMAS_CHANGED" or "ENUM_ARRAY_CHANGED") return $"A type at path '{path}' is different between the {{reader}} schema and the {{writer}} schema";
        if (type is "PRODUCT_TYPE_EXTENDED" or "NOT_TYPE_EXTENDED" or "DEPENDENCY_ARRAY_EXTENDED") return $"An array or combined type at path '{path}' has more elements in the {{reader}} schema than the {{writer}} schema";
        if (type.EndsWith("_NARROWED", StringComparison.Ordinal)) return $"An array or combined type at path '{path}' has fewer elements in the {{reader}} schema than the {{writer}} schema";
        if (type.EndsWith("_INCREASED", StringComparison.Ordinal) || type == "MULTIPLE_OF_EXPANDED") return $"The value at path '{path}' in the {{reader}} schema is more than its value in the {{writer}} schema";
        if (type.EndsWith("_DECREASED", StringComparison.Ordinal)) return $"The value at path '{path}' in the {{reader}} schema is less than its value in the {{writer}} schema";
        if (type.EndsWith("_CHANGED", StringComparison.Ordinal)) return $"The value at path '{path}' is different between the {{reader}} and {{writer}} schema";
        return $"The keyword at path '{path}' in the {{reader}} schema is not present in the {{writer}} schema";
    }
}
