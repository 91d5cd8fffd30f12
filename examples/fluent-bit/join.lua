function join(tag, time, record)
    return 2, time, {answer = table.concat(record.weir)}
end
