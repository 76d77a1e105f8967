using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Validation;

/// <summary>Holds a validation against a profile's bounds.</summary>
internal static class BoundCheck
{
    /// <summary>Every bound that is not held, with the numbers; none when all are.</summary>
    public static IReadOnlyList<string> Violations(VariantValidation found, ProfileBounds bounds)
    {
        var violations = new List<string>();
        if (bounds.MaxAccuracyDrop is { } drop)
        {
            if (found is not { Accuracy: { } accuracy, ParentAccuracy: { } parent }) violations.Add("accuracy was not evaluated, because the samples have no labels; give labels, or bound the agreement instead");
            else if (parent - accuracy > drop) violations.Add(FormattableString.Invariant($"accuracy {accuracy:0.####} is {parent - accuracy:0.####} below its parent's {parent:0.####}, at most {drop:0.####} is allowed"));
        }

        if (bounds.MinAgreement is { } least)
        {
            if (found.Agreement is not { } agreement) violations.Add("agreement was not evaluated, because the output is no vector of classes; bound the error instead");
            else if (agreement < least) violations.Add(FormattableString.Invariant($"agreement {agreement:0.####} with its parent is below {least:0.####}"));
        }

        // Written so that an error that is no number is not held either.
        if (bounds.MaxAbsError is { } most && !(found.MaxAbsError <= most)) violations.Add(FormattableString.Invariant($"the largest error {found.MaxAbsError:0.####} is above {most:0.####}"));
        return violations;
    }
}
