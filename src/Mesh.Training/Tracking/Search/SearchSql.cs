using System.Globalization;
using System.Text;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Tracking.Search;

/// <summary>Makes SQL of filters and orders; what clients wrote goes into parameters only. A run without the metric, parameter or tag fails its condition.</summary>
internal sealed class SearchSql(MetadataDatabase database, SearchScope scope, string owner)
{
    private readonly StringBuilder where = new();
    private readonly StringBuilder order = new();

    /// <summary>Values of the statement.</summary>
    public Dictionary<string, object> Parameters { get; } = [];

    /// <summary>Conditions, each after AND.</summary>
    public string Where => where.ToString();

    /// <summary>Terms of ORDER BY, each followed by a comma.</summary>
    public string Order => order.ToString();

    public SearchSql Add(IReadOnlyList<FilterCondition> conditions)
    {
        foreach (var condition in conditions) where.Append(" AND ").Append(Sql(condition));
        return this;
    }

    public SearchSql Add(IReadOnlyList<OrderTerm> terms)
    {
        foreach (var term in terms)
        {
            string direction = term.IsDescending ? " DESC" : "";
            if (term.Subject == FilterSubject.Attribute)
            {
                string column = scope.Attributes[term.Key].Column;
                order.Append(CultureInfo.InvariantCulture, $"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column}{direction}, ");
                continue;
            }

            string key = Parameter(term.Key);
            string value = $"(SELECT o.value FROM {TableOf(term.Subject)} o WHERE o.{owner} = {Owned} AND o.key = @{key})";
            // What has no value comes last whatever the direction, what is not a number just before it.
            if (term.Subject == FilterSubject.Metric)
            {
                order.Append(CultureInfo.InvariantCulture, $"COALESCE((SELECT o.is_nan FROM {TableOf(term.Subject)} o WHERE o.{owner} = {Owned} AND o.key = @{key}), 2), {value}{direction}, ");
            }
            else
            {
                order.Append(CultureInfo.InvariantCulture, $"CASE WHEN {value} IS NULL THEN 1 ELSE 0 END, {value}{direction}, ");
            }
        }

        return this;
    }

    private string Owned => owner == "run_id" ? "r.run_id" : "e.id";

    private string Sql(FilterCondition condition)
    {
        switch (condition.Subject)
        {
            case FilterSubject.Attribute:
                return Compare(scope.Attributes[condition.Key].Column, condition, scope.Attributes[condition.Key].IsNumber);
            case FilterSubject.DataSet:
                return $"EXISTS (SELECT 1 FROM tracking_inputs i WHERE i.run_id = r.run_id AND {Compare("i." + condition.Key, condition, isNumber: false)})";
            case FilterSubject.Metric:
                return $"EXISTS (SELECT 1 FROM tracking_latest m WHERE m.run_id = r.run_id AND m.key = @{Parameter(condition.Key)} AND m.is_nan = 0 AND {Compare("m.value", condition, isNumber: true)})";
            default:
                string found = $"EXISTS (SELECT 1 FROM {TableOf(condition.Subject)} v WHERE v.{owner} = {Owned} AND v.key = @{Parameter(condition.Key)}";
                return condition.Operator switch
                {
                    FilterOperator.IsNull => $"NOT {found})",
                    FilterOperator.IsNotNull => $"{found})",
                    _ => $"{found} AND {Compare("v.value", condition, isNumber: false)})",
                };
        }
    }

    private string Compare(string column, FilterCondition condition, bool isNumber)
    {
        if (isNumber)
        {
            string sign = condition.Operator switch
            {
                FilterOperator.Equal => "=",
                FilterOperator.NotEqual => "<>",
                FilterOperator.Less => "<",
                FilterOperator.LessOrEqual => "<=",
                FilterOperator.Greater => ">",
                _ => ">=",
            };
            return $"{column} {sign} @{Parameter(condition.Number)}";
        }

        switch (condition.Operator)
        {
            case FilterOperator.Equal: return $"{column} = @{Parameter(condition.Texts[0])}";
            case FilterOperator.NotEqual: return $"{column} <> @{Parameter(condition.Texts[0])}";
            case FilterOperator.In: return $"{column} IN ({string.Join(", ", condition.Texts.Select(text => "@" + Parameter(text)))})";
            case FilterOperator.NotIn: return $"{column} NOT IN ({string.Join(", ", condition.Texts.Select(text => "@" + Parameter(text)))})";
        }

        // Capitals are the same for the letters A to Z only, on both databases.
        bool ignoresCase = condition.Operator == FilterOperator.ILike;
        string name = $"p{Parameters.Count}";
        string pattern = ignoresCase ? string.Concat(condition.Texts[0].Select(letter => char.IsAsciiLetterUpper(letter) ? (char)(letter | 0x20) : letter)) : condition.Texts[0];
        var (sql, value) = database.Like(ignoresCase ? $"lower({column})" : column, name, pattern);
        Parameters[name] = value;
        return sql;
    }

    private string TableOf(FilterSubject subject) => subject switch
    {
        FilterSubject.Metric => "tracking_latest",
        FilterSubject.Parameter => "tracking_parameters",
        _ => owner == "run_id" ? "tracking_tags" : "tracking_experiment_tags",
    };

    private string Parameter(object value)
    {
        string name = $"p{Parameters.Count}";
        Parameters[name] = value;
        return name;
    }
}
